"""HTTP of tracing: POST /trace, and what came of it."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy import Row
from starlette.requests import ClientDisconnect

from local_server.accounts.gate import Gate
from local_server.accounts.models import READS_RECORDS, Caller, Role
from local_server.library.cursors import read_cursor, write_cursor
from local_server.marks.errors import NothingToTrace, TraceLost
from local_server.marks.trace_bodies import (
    AskedAnswer,
    FailureAnswer,
    TraceAnswer,
    TracesAnswer,
    result_answer,
)
from local_server.marks.trace_queries import State
from local_server.marks.traces import Traces
from local_server.storage.blobs import Blobs
from local_server.uploads.errors import UploadBroken
from local_server.uploads.models import Received, TooLarge
from local_server.uploads.receive import Receiver
from local_server.web.bodies import Id
from local_server.web.rates import Rate

_PIECE: Final = 1 << 20
_MOST_PARTS: Final = 64

_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
            }
        },
    }
}

IssueViewTokens = Callable[[Caller, Collection[str]], Mapping[str, str]]


def routes(
    traces: Traces,
    issue_view_tokens: IssueViewTokens,
    gate: Gate,
    rate: Rate,
    blobs: Blobs,
    folder: FilePath,
    most_bytes: int,
) -> APIRouter:
    """Build the routes of tracing."""
    router = APIRouter(tags=["trace"])
    Asker = Annotated[Caller, Depends(gate.require(READS_RECORDS, rate=rate))]
    Reader = Annotated[Caller, Depends(gate.require(READS_RECORDS))]

    def answered(caller: Caller, row: Row[Any]) -> TraceAnswer:
        result = row.result if row.state == State.DONE else None
        failure = (row.result or {}).get("failure") if row.state == State.FAILED else None
        state, ended_at = row.state, row.ended_at
        if traces.silent(row):
            lost = TraceLost()
            state, ended_at = State.FAILED.value, row.seen_at
            failure = {"code": lost.code, "title": lost.title, "detail": lost.detail, "advice": lost.advice}
        shown = {one["picture"] for one in result["pictures"]} if result else set()
        return TraceAnswer(
            id=row.id,
            state=state,
            step=row.step,
            name=row.name,
            content_hash=row.content_hash,
            bytes=row.bytes,
            account=row.account,
            started_at=row.started_at,
            ended_at=ended_at,
            pictures_kept=row.evidence_blob is not None and caller.role is Role.ADMIN,
            failure=None if failure is None else FailureAnswer(**failure),
            result=result and result_answer(result, dict(issue_view_tokens(caller, shown))),
        )

    @router.post("/trace", status_code=202, openapi_extra=_BODY)
    async def trace(request: Request, caller: Asker) -> AskedAnswer:
        """Trace a leaked file: a screenshot, a copy, a photo of a screen, a PDF or a video."""
        await asyncio.to_thread(traces.check_room)
        receiver = Receiver(request.headers.get("content-type", ""), blobs, folder, most_bytes, 1)
        received: list[Received | TooLarge] = []
        held = bytearray()
        try:
            async for chunk in request.stream():
                held += chunk
                if len(held) >= _PIECE:
                    received += await asyncio.to_thread(receiver.feed, bytes(held))
                    held.clear()
            received += await asyncio.to_thread(receiver.feed, bytes(held))
            receiver.end()
            if not received:
                raise NothingToTrace
            (file,) = received
            received = []
            return AskedAnswer(id=await asyncio.to_thread(traces.take, caller, file))
        except ClientDisconnect:
            raise UploadBroken from None
        finally:
            await asyncio.to_thread(receiver.close)
            for left in received:
                if isinstance(left, Received):
                    left.path.unlink(missing_ok=True)

    @router.get("/trace")
    def list_traces(
        caller: Reader,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Annotated[str | None, Query(max_length=256)] = None,
    ) -> TracesAnswer:
        """List who traced which file, and what came of it."""
        rows = traces.page(read_cursor(cursor) if cursor else None, limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return TracesAnswer(
            items=[answered(caller, row) for row in rows[:limit]],
            next=None if last is None else write_cursor(last.started_at, last.id),
        )

    @router.get("/trace/{trace_id}")
    def trace_state(caller: Reader, trace_id: Id) -> TraceAnswer:
        """Say how far a trace is, and what it found."""
        return answered(caller, traces.look(trace_id))

    @router.delete("/trace/{trace_id}")
    def cancel_trace(caller: Reader, trace_id: Id) -> TraceAnswer:
        """End a trace before its time; one that is done stays."""
        return answered(caller, traces.cancel(caller, trace_id))

    @router.get(
        "/trace/{trace_id}/parts/{part}",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    def trace_part(
        _caller: Annotated[Caller, Depends(gate.require({Role.ADMIN}))],
        trace_id: Id,
        part: Annotated[int, Path(ge=0, lt=_MOST_PARTS)],
    ) -> Response:
        """Return a picture of what a part of the file shows."""
        return Response(
            traces.preview(trace_id, part), media_type="image/jpeg", headers={"Cache-Control": "no-store"}
        )

    return router
