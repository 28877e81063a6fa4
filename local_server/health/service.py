"""Look at every part and tell once of each change; each check has a thread of its own, and a deadline."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Condition, Lock, Thread
from typing import Final

import structlog

from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.events import announce
from local_server.health.models import Part, PartState, Report, Status

# Together less than five seconds: as old as the truth may be when a part begins to hang.
LOOK_EVERY_SECONDS: Final = 1.5
DEADLINE_SECONDS: Final = 2.5
# While somebody watches, a report is never older than one look and one pause.
KEPT_SECONDS: Final = 5.0
# A worker or a watcher that is only starting is no news.
STARTING_SECONDS: Final = 10.0

_log = structlog.get_logger("health")


class _Look:
    """One part that is looked at; a check that hangs is left alone, and no second one joins it."""

    def __init__(self, part: Part, told: Condition) -> None:
        self.part = part
        self._told = told
        self._asking = False
        self._state: PartState | None = None

    def begin(self) -> None:
        """Ask, unless an earlier question is still without an answer; `told` must be held."""
        self._state = None
        if not self._asking:
            self._asking = True
            # A daemon: a part that never answers must not keep the server from ending.
            Thread(target=self._ask, name=f"check-{self.part.name}", daemon=True).start()

    @property
    def state(self) -> PartState | None:
        """The answer, or None while there is none."""
        return self._state

    def _ask(self) -> None:
        try:
            state = self.part.check()
        except Exception as error:  # noqa: BLE001  a bug in a check is told, and costs this part alone
            _log.exception("bug", part=self.part.name)
            state = PartState(Status.UNHEALTHY, reason=f"its check failed: {type(error).__name__}")
        with self._told:
            self._state, self._asking = state, False
            self._told.notify_all()


class Health:
    """The state of all parts."""

    def __init__(
        self,
        parts: Sequence[Part],
        database: Database,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        *,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self._parts = parts
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._deadline = deadline
        self._told = Condition()
        self._looks = [_Look(part, self._told) for part in parts]
        self._looking = Lock()
        self._report: Report | None = None
        self._looked_at = 0.0
        self._known: dict[str, Status] = {}
        self._began = monotonic()

    def known(self) -> Report | None:
        """Return what was seen last, without waiting for anything; None where that is too old to be true."""
        report = self._report
        if report is None or self._monotonic() - self._looked_at > KEPT_SECONDS:
            return None
        return report

    def report(self) -> Report:
        """Return the state of every part as it was seen last; where nobody watches them, wait for them."""
        return self.known() or self.look()

    def look(self) -> Report:
        """Look at every part now; whoever comes while somebody looks gets what that one finds."""
        before = self._report
        with self._looking:
            if self._report is before or self._report is None:
                self._report = self._look()
                self._looked_at = self._monotonic()
            return self._report

    async def watch(self) -> None:
        """Look again and again until cancelled, so that a change is told though nobody asks.

        On threads of its own: when the catalogue hangs, all others may be waiting for it.
        """
        loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor(2, "health")
        telling: asyncio.Future[None] | None = None
        try:
            while True:
                report = await loop.run_in_executor(threads, self.look)
                # Beside the looking: telling waits for the catalogue, too.
                if telling is None or telling.done():
                    if telling is not None:
                        telling.result()
                    telling = loop.run_in_executor(threads, self.tell_changes, report)
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> Report:
        with self._told:
            for look in self._looks:
                look.begin()
            self._told.wait_for(lambda: all(look.state for look in self._looks), self._deadline)
            states = {
                look.part.name: look.state or PartState(Status.UNHEALTHY, reason="does not answer")
                for look in self._looks
            }
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
