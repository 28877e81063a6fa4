"""HTTP of the queue, counted in the catalogue's rows."""

from collections.abc import Callable
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends

from local_server.accounts.gate import Gate
from local_server.accounts.models import EVERYONE, Caller, KeyScope
from local_server.web.bodies import Answer


class Counts(Protocol):
    """Jobs by state."""

    @property
    def waiting(self) -> int: ...
    @property
    def active(self) -> int: ...
    @property
    def completed(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def total(self) -> int: ...


class QueueAnswer(Answer):
    """Pictures that wait, are being decoded, are ready, were refused, and the sum of the four."""

    waiting: int
    active: int
    completed: int
    failed: int
    total: int


def routes(counts: Callable[[], Counts], gate: Gate) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["queue"])

    @router.get("/queue/status")
    def status(
        _caller: Annotated[Caller, Depends(gate.require(EVERYONE, scope=KeyScope.QUEUE_READ))],
    ) -> QueueAnswer:
        """Count the jobs."""
        now = counts()
        return QueueAnswer(
            waiting=now.waiting,
            active=now.active,
            completed=now.completed,
            failed=now.failed,
            total=now.total,
        )

    return router
