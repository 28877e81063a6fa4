"""GET /session/records: what is recorded about the caller, for every role."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from local_server.accounts.gate import Gate
from local_server.accounts.models import EVERYONE, Caller
from local_server.records.own import OwnKind, OwnRecords
from local_server.web.bodies import Answer


class OwnRecordAnswer(Answer):
    """One thing that is recorded; without `kept_until` it is kept as long as the gallery."""

    time: datetime
    kind: OwnKind
    id: str
    picture_id: str | None
    facts: dict[str, Any]
    kept_until: datetime | None


class OwnRecordsAnswer(Answer):
    """A page of what is recorded, newest first."""

    items: list[OwnRecordAnswer]
    next: str | None


def routes(own: OwnRecords, gate: Gate) -> APIRouter:
    """Build the one route."""
    router = APIRouter(tags=["session"])

    @router.get("/session/records")
    def own_records(
        caller: Annotated[Caller, Depends(gate.require(EVERYONE))],
        kind: Annotated[list[OwnKind] | None, Query(max_length=8)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(max_length=256)] = None,
    ) -> OwnRecordsAnswer:
        """Return what is recorded about the caller; thumbnails only where `kind` asks for them."""
        found, following = own.page(caller, kinds=frozenset(kind or ()), cursor=cursor, limit=limit)
        return OwnRecordsAnswer(
            items=[
                OwnRecordAnswer(
                    time=record.time,
                    kind=record.kind,
                    id=record.id,
                    picture_id=record.picture_id,
                    facts=record.facts,
                    kept_until=record.kept_until,
                )
                for record in found
            ],
            next=following,
        )

    return router
