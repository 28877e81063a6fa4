"""Keeps a sentinel alive and says when there is none; runs on an asyncio loop (the desktop's io thread)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .events import CaptureEvent, GuardState, Region, TripwireState, capture_from_json
from .findings import Notice, notice_from_json
from .platform import blind_tripwire, blindness, extra_tripwires
from .sentinel_process import CANNOT_WATCH, Message, SentinelProcess

HEARTBEAT_TIMEOUT_S = 2.0
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0
CRASHES, CRASH_WINDOW_S = 5, 60.0
RETRY_BLIND_S = 30.0
CONFIRM_S = 2.0
SELF_TEST_S = 5.0


class SelfTest(NamedTuple):
    """What a read of our own has shown: whether the tripwire noticed it, or why not."""

    ok: bool
    reason: str
    elapsed_ms: float


class Sentinel:
    """The sentinel as the desktop sees it.

    Fails closed: whenever the process is not known to be watching, `on_state` hears `live=False` and the
    desktop has to hide what is guarded. Both callbacks run on the loop that called `start`.
    """

    def __init__(
        self,
        command: Sequence[str],
        on_event: Callable[[CaptureEvent], None],
        on_state: Callable[[GuardState], None],
        *,
        environment: Mapping[str, str],
        on_found: Callable[[tuple[Notice, ...]], None] | None = None,
        platform: str = "xcb",
        heartbeat_timeout: float = HEARTBEAT_TIMEOUT_S,
    ) -> None:
        """Prepare; `environment` names the display, `platform` is Qt's name for its kind."""
        self._on_event = on_event
        self._on_state = on_state
        self._on_found = on_found or _unheard
        self._environment = environment
        self._platform = platform
        self._command = list(command)
        self._heartbeat_timeout = heartbeat_timeout
        self._state = GuardState(live=False, reason="The capture guard has not been started.")
        self._regions: list[Region] = []
        self._quiet: list[str] = []
        self._pulse = ("", 0)
        self._process: SentinelProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._crashes: deque[float] = deque()
        self._watching = asyncio.Event()
        self._question_id = 0
        self._confirmed: dict[int, asyncio.Future[bool]] = {}
        self._tests: list[asyncio.Future[SelfTest]] = []
        self._blind_reason = ""
        self._trusted = False
        self._silent = False

    @property
    def state(self) -> GuardState:
        """Return the state last given to `on_state`."""
        return self._state

    @property
    def pid(self) -> int | None:
        """Return the process id of the sentinel while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def pulse(self) -> tuple[str, int] | None:
        """Return which sentinel runs and how many heartbeats it was heard with, None while there is none."""
        return None if self._process is None else self._pulse

    async def start(self) -> None:
        """Start watching; one that was given up gets a fresh set of attempts."""
        if self._task is not None and not self._task.done():
            return
        reason = blindness(self._platform, self._environment)
        if reason is not None:
            self._change(live=False, reason=reason, tripwires=(blind_tripwire(reason),))
            return
        self._crashes.clear()
        self._change(live=False, reason="The capture guard is starting.", dead=False)
        self._task = asyncio.create_task(self._supervise(), name="sentinel")

    async def stop(self) -> None:
        """Stop watching and end the process."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._change(live=False, reason="The capture guard has been stopped.", shielded=False)

    async def protect(self, regions: Sequence[Region]) -> bool:
        """Replace what is protected; True once the sentinel has confirmed it, so that it may be shown.

        The regions are kept and given to every sentinel that is started later.
        """
        self._regions = list(regions)
        return await self.confirm()

    async def confirm(self) -> bool:
        """Return whether the sentinel watches all that it was told of, by now."""
        return await self._send_regions() and self._state.live

    async def covered(self) -> None:
        """Tell that the desktop has painted its own shield, so that the black windows may go."""
        await self._send({"covered": True})

    async def clear(self) -> bool:
        """Ask for the picture back when the hold is over; True when it may be shown.

        While the screen is still being read the answer is False and the black windows come up: say `covered`
        once more for the desktop's own shield to be seen, and ask again later.
        """
        return await self._ask({"clear": True})

    async def keep_quiet(self, executables: Sequence[str]) -> None:
        """Name the programs that hide nothing at `guarded`; kept for every sentinel that is started later."""
        self._quiet = list(executables)
        await self._send({"quiet": self._quiet})

    async def ignore_client(self, window: int) -> None:
        """Take reads by the owner of a window as our own; owners of protected windows are so already."""
        await self._send({"ignore_client": window})

    async def self_test(self) -> SelfTest:
        """Read a pixel of the screen through a connection of our own and see whether it is noticed."""
        waiting: asyncio.Future[SelfTest] = asyncio.get_running_loop().create_future()
        self._tests.append(waiting)
        try:
            if not await self._send({"selftest": True}):
                return SelfTest(ok=False, reason=self._state.reason, elapsed_ms=0.0)
            return await asyncio.wait_for(waiting, SELF_TEST_S)
        except TimeoutError:
            return SelfTest(
                ok=False, reason="The capture guard did not answer.", elapsed_ms=1000 * SELF_TEST_S
            )
        finally:
            self._tests.remove(waiting)

    async def _supervise(self) -> None:
        delay = FIRST_DELAY_S
        try:
            while not self._state.dead:
                began = time.monotonic()
                delay = await self._live_once(began, delay)
                if not self._state.dead:
                    await asyncio.sleep(delay)
                    self._change(restarts=self._state.restarts + 1)
        except Exception as error:
            # A bug: nothing watches any more, which must be known before it is reported.
            self._change(
                live=False, reason=f"The capture guard failed ({error!r}).", shielded=False, dead=True
            )
            raise

    async def _live_once(self, began: float, delay: float) -> float:
        """Run one sentinel to its end; returns the seconds to wait before the next, 0 when it is given up."""
        self._watching.clear()
        self._pulse = (os.urandom(16).hex(), 0)
        self._trusted = self._silent = False
        self._process = SentinelProcess(
            self._command, self._environment, self._heartbeat_timeout, self._hear, self._fall_silent
        )
        announcer = asyncio.create_task(self._announce())
        try:
            ending = await self._process.run()
        finally:
            announcer.cancel()
            await asyncio.wait([announcer])
            self._process = None
            self._forget_questions()
            self._on_found(())
        if ending.status == CANNOT_WATCH:
            self._change(live=False, reason=self._blind_reason, shielded=False)
            return RETRY_BLIND_S
        now = time.monotonic()
        self._crashes.append(now)
        while now - self._crashes[0] > CRASH_WINDOW_S:
            self._crashes.popleft()
        if len(self._crashes) < CRASHES:
            self._change(live=False, reason=ending.reason, shielded=False)
            return FIRST_DELAY_S if now - began > CRASH_WINDOW_S else min(2 * delay, LONGEST_DELAY_S)
        reason = f"{ending.reason} That was the {CRASHES}th time in a minute: guarded pictures stay hidden "
        reason += "until the guard is started again."
        self._change(live=False, reason=reason, shielded=False, dead=True)
        return 0.0

    async def _announce(self) -> None:
        """Give a fresh sentinel what it has to protect; it is live once it has confirmed that."""
        await self._watching.wait()
        await self._send({"quiet": self._quiet})
        while not await self._send_regions():  # noqa: ASYNC110  (a sentinel that is busy is asked again)
            await asyncio.sleep(FIRST_DELAY_S)
        self._trusted = True
        self._show_life()

    def _fall_silent(self, silent: bool) -> None:
        """Hide at once when a sentinel says nothing; it may be held still, or the machine may be busy."""
        self._silent = silent
        self._show_life()

    def _show_life(self) -> None:
        live = self._trusted and not self._silent
        if live or self._state.live:
            self._change(live=live, reason="" if live else "The capture guard does not answer.")

    def _hear(self, message: Message) -> None:
        match message:
            case {"event": "heartbeat" | "pong"}:
                self._pulse = (self._pulse[0], self._pulse[1] + 1)
            case {"event": "ready", "tripwires": list(entries)}:
                self._learn_tripwires(entries)
                self._watching.set()
            case {"event": "unavailable", "reason": str(reason), "tripwires": list(entries)}:
                self._blind_reason = reason
                self._trusted = False
                self._learn_tripwires(entries)
                self._change(live=False, reason=reason)
            case {"event": "protecting" | "cleared", "id": int(identity), **rest}:
                waiting = self._confirmed.get(identity)
                if waiting is not None and not waiting.done():
                    waiting.set_result(bool(rest.get("ok", True)))
            case {"event": "shield", "up": bool(up)}:
                self._change(shielded=up)
            case {"event": "capture"}:
                self._on_event(capture_from_json(message))
            case {"event": "found", "found": list(found)}:
                self._on_found(tuple(notice_from_json(one) for one in found))
            case {"event": "selftest", "ok": bool(ok), "reason": str(reason), "elapsed_ms": float(elapsed)}:
                for test in self._tests:
                    if not test.done():
                        test.set_result(SelfTest(ok, reason, elapsed))
            case _:
                raise ValueError(f"the sentinel said something unknown: {message!r}")

    def _learn_tripwires(self, entries: list[dict[str, object]]) -> None:
        states = (
            TripwireState(str(entry["name"]), bool(entry["live"]), str(entry["reason"])) for entry in entries
        )
        self._change(tripwires=(*states, *extra_tripwires(self._environment)))

    async def _send_regions(self) -> bool:
        """Send what to protect; True when the sentinel has taken it in."""
        return await self._ask({"protect": [region._asdict() for region in self._regions]})

    async def _ask(self, command: Message) -> bool:
        """Send a command that is answered by yes or no; no answer is a no."""
        self._question_id += 1
        identity = self._question_id
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._confirmed[identity] = answer
        try:
            if not await self._send(command | {"id": identity}):
                return False
            return await asyncio.wait_for(answer, CONFIRM_S)
        except TimeoutError:
            return False
        finally:
            del self._confirmed[identity]

    async def _send(self, command: Message) -> bool:
        return self._process is not None and await self._process.send(command)

    def _forget_questions(self) -> None:
        for question in self._confirmed.values():
            if not question.done():
                question.set_result(False)
        for test in self._tests:
            if not test.done():
                test.set_result(SelfTest(ok=False, reason="The capture guard ended.", elapsed_ms=0.0))

    def _change(self, **fields: object) -> None:
        changed = self._state._replace(**fields)  # type: ignore[arg-type]  # callers name fields of the state
        if changed != self._state:
            self._state = changed
            self._on_state(changed)


def _unheard(found: tuple[Notice, ...]) -> None:
    """Stand for a listener where nobody wants to hear."""
