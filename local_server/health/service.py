"""Look at every part and tell once of each change; checks run on a worker thread."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock
from typing import Final

import structlog

from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.events import announce
from local_server.health.models import Part, PartState, Report, Status

LOOK_EVERY_SECONDS: Final = 2.0
FRESH_SECONDS: Final = 1.0
# A worker or a watcher that is only starting is no news.
STARTING_SECONDS: Final = 10.0

_log = structlog.get_logger("health")


class Health:
    """The state of all parts."""

    def __init__(
        self,
        parts: Sequence[Part],
        database: Database,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._parts = parts
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._lock = Lock()
        self._report: Report | None = None
        self._looked_at = 0.0
        self._known: dict[str, Status] = {}
        self._began = monotonic()

    def report(self) -> Report:
        """Return the state of every part, at most a second old."""
        with self._lock:
            if self._report is None or self._monotonic() - self._looked_at > FRESH_SECONDS:
                self._report = self._look()
                self._looked_at = self._monotonic()
            return self._report

    async def watch(self) -> None:
        """Look again and again until cancelled, so that a change is told though nobody asks."""
        while True:
            report = await asyncio.to_thread(self.report)
            await asyncio.to_thread(self.tell_changes, report)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def _look(self) -> Report:
        states = {part.name: part.check() for part in self._parts}
        vital = [part.name for part in self._parts if part.vital]
        ill = (Status.DEGRADED, Status.UNHEALTHY)
        if any(states[name].status is Status.UNHEALTHY for name in vital):
            status = Status.UNHEALTHY
        elif any(state.status in ill for state in states.values()):
            status = Status.DEGRADED
        else:
            status = Status.HEALTHY
        reasons = tuple(
            f"{name}: {states[name].reason}" for name in vital if states[name].status is Status.UNHEALTHY
        )
        return Report(self._clock(), status, states, reasons)

    def tell_changes(self, report: Report) -> None:
        """Log and announce each part whose status differs from the one that was told last.

        Until it was well once, a part that is not vital has a while to start before it is told of.
        """
        starting = self._monotonic() - self._began < STARTING_SECONDS
        vital = {part.name for part in self._parts if part.vital}
        for name, state in report.parts.items():
            before = self._known.get(name)
            healed = state.status in (Status.HEALTHY, Status.NOT_CONFIGURED)
            if before is state.status or (before is None and not healed and starting and name not in vital):
                continue
            self._known[name] = state.status
            if before is None and healed:
                continue
            level = _log.info if healed else _log.warning
            level("service state", service=name, status=state.status.value, reason=state.reason)
            self._announce(name, state)

    def _announce(self, name: str, state: PartState) -> None:
        try:
            with self._database.write() as connection:
                announce(
                    connection,
                    self._clock(),
                    "service_state",
                    {"service": name, "status": state.status.value, "reason": state.reason},
                )
        except Outage as outage:
            # The catalogue itself is away; the log has the change, and clients see it in the health report.
            _log.warning("service state not announced", service=name, code=outage.code)
