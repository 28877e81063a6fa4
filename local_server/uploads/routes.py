"""HTTP of uploads: POST /images, and the batches that it makes."""

import asyncio
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.requests import ClientDisconnect

from local_server.accounts.gate import Gate
from local_server.accounts.models import CURATES, Caller, KeyScope
from local_server.features.models import UPLOADS
from local_server.features.service import Features
from local_server.importer.advice import advice_for
from local_server.library.cursors import read_place, write_place
from local_server.storage.blobs import Blobs
from local_server.uploads.errors import UploadBroken
from local_server.uploads.models import Progress, Taken
from local_server.uploads.receive import Receiver
from local_server.uploads.service import Uploads
from local_server.web.bodies import Answer, Id, Line
from local_server.web.rates import Rate

# Sealing and hashing a piece takes about a millisecond; much smaller ones cost more in changing threads.
_PIECE: Final = 1 << 20
_UNNAMED: Final = "Upload"

_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            }
        },
    }
}


class TakenAnswer(Answer):
    """What became of one file: accepted, duplicate, or refused and why."""

    name: str
    outcome: str
    picture_id: str | None
    code: str | None
    reason: str | None
    advice: str | None


class UploadAnswer(Answer):
    """The batch, and its files in the order in which they came."""

    batch: str
    items: list[TakenAnswer]


class BatchAnswer(Answer):
    """How a batch is doing; `total` is the sum of the five numbers after it."""

    id: str
    name: str
    started_at: datetime
    cancelled_at: datetime | None
    total: int
    duplicate: int
    waiting: int
    ready: int
    refused: int
    cancelled: int


class BatchFilesAnswer(Answer):
    """A page of a batch's files; `outcome` is accepted, duplicate, refused, ready or cancelled by now."""

    items: list[TakenAnswer]
    next: str | None


def routes(
    uploads: Uploads,
    features: Features,
    gate: Gate,
    rate: Rate,
    blobs: Blobs,
    folder: FilePath,
    most_bytes: int,
    most_files: int,
) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["uploads"])
    Sender = Annotated[Caller, Depends(gate.require(CURATES, rate=rate, scope=KeyScope.PICTURES_WRITE))]
    Curator = Annotated[Caller, Depends(gate.require(CURATES, scope=KeyScope.PICTURES_WRITE))]

    @router.post("/images", status_code=202, openapi_extra=_BODY)
    async def upload(
        request: Request, caller: Sender, name: Annotated[Line, Query(max_length=128)] = _UNNAMED
    ) -> UploadAnswer:
        """Take pictures into the library; each file gets an answer of its own."""
        await asyncio.to_thread(features.check, UPLOADS, caller.role)
        receiver = Receiver(request.headers.get("content-type", ""), blobs, folder, most_bytes, most_files)
        batch = await asyncio.to_thread(uploads.begin, caller, name)
        taken: list[Taken] = []

        def feed(piece: bytes) -> None:
            taken.extend(uploads.take(caller, batch, received) for received in receiver.feed(piece))

        held = bytearray()
        try:
            async for chunk in request.stream():
                held += chunk
                if len(held) >= _PIECE:
                    await asyncio.to_thread(feed, bytes(held))
                    held.clear()
            await asyncio.to_thread(feed, bytes(held))
            receiver.end()
        except ClientDisconnect:
            raise UploadBroken from None
        finally:
            await asyncio.to_thread(receiver.close)
        return UploadAnswer(batch=batch, items=[_told(one) for one in taken])

    @router.get("/batches/{batch_id}")
    def batch(caller: Curator, batch_id: Id) -> BatchAnswer:
        """Say how an upload is doing."""
        return _counted(uploads.progress(caller, batch_id))

    @router.get("/batches/{batch_id}/files")
    def files(
        caller: Curator,
        batch_id: Id,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(max_length=256)] = None,
    ) -> BatchFilesAnswer:
        """List an upload's files with what became of them."""
        rows = uploads.files(caller, batch_id, read_place(cursor) if cursor else 0, limit + 1)
        following = write_place(rows[limit - 1].id) if len(rows) > limit else None
        return BatchFilesAnswer(items=[_became(row) for row in rows[:limit]], next=following)

    @router.delete("/batches/{batch_id}")
    def cancel(caller: Curator, batch_id: Id) -> BatchAnswer:
        """Withdraw what of an upload is not ready yet."""
        return _counted(uploads.cancel(caller, batch_id))

    return router


def _told(taken: Taken) -> TakenAnswer:
    return TakenAnswer(
        name=taken.name,
        outcome=taken.outcome.value,
        picture_id=taken.picture_id,
        code=taken.code,
        reason=taken.reason,
        advice=None if taken.code is None else advice_for(taken.code),
    )


def _became(row: Any) -> TakenAnswer:
    outcome, code, reason = row.outcome, row.reason_code, row.reason
    if outcome == "accepted":
        code, reason = row.picture_code, row.picture_reason
        if row.status in ("ready", "refused"):
            outcome = row.status
        if not row.present:
            outcome = "cancelled"
    return TakenAnswer(
        name=row.name,
        outcome=outcome,
        picture_id=row.picture_id,
        code=code,
        reason=reason,
        advice=None if code is None else advice_for(code),
    )


def _counted(progress: Progress) -> BatchAnswer:
    return BatchAnswer(
        id=progress.id,
        name=progress.name,
        started_at=progress.started_at,
        cancelled_at=progress.cancelled_at,
        total=progress.total,
        duplicate=progress.duplicate,
        waiting=progress.waiting,
        ready=progress.ready,
        refused=progress.refused,
        cancelled=progress.cancelled,
    )
