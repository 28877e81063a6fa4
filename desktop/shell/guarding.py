"""The capture guard as the window uses it: protected regions go to the sentinel, captures come back."""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from desktop.background import Background
from desktop.client.errors import Failure
from desktop.guard.abilities import Ability, ability
from desktop.guard.events import LEVELS, CaptureEvent, GuardState, Rect, Region, TripwireState
from desktop.guard.findings import Notice, Standing
from desktop.guard.lookout import Lookout
from desktop.guard.platform import display_environment
from desktop.guard.policy import Answer
from desktop.guard.roster import listeners, tripwires
from desktop.guard.rules import Rules
from desktop.guard.self_test import Shot, take_shot
from desktop.guard.sentinel_process import sentinel_command
from desktop.guard.supervision import Sentinel
from desktop.shell.regions import ProtectedRegions
from desktop.shell.reports import ViolationReports, evidence_of
from desktop.shell.shield import GUARDED, Answered, Shield
from desktop.shell.window_exclusion import WindowExclusion, excluder_of

# Until our own page has surely reached the screen; the sentinel's black windows cover the picture meanwhile.
PAINTED_MS = 120
# The sentinel lets the picture return a second after the last read.
QUIET_MS = 1200
UNCONFIRMED = (
    "The capture guard did not say in time that it watches. Try again when this machine is less busy."
)


class Guarding(QObject):
    """Lives on the GUI thread; the sentinel's own supervision runs on the io thread."""

    state_changed = Signal(object)
    tested = Signal(object)

    def __init__(
        self,
        background: Background,
        reports: ViolationReports,
        platform: str,
        shown: Callable[[], tuple[QWidget | None, str | None]],
    ) -> None:
        """Prepare; `shown` gives the widget that shows pictures now, and the id of the one opened picture."""
        super().__init__()
        self._background = background
        self._reports = reports
        self._shown = shown
        self.shield = Shield(ask=self._ask_back)
        self.regions = ProtectedRegions(self._protect)
        self.state = GuardState(live=False, reason="The capture guard is starting.")
        self._of_sentinel = self.state
        self._own_tripwires: tuple[TripwireState, ...] = ()
        excluder = excluder_of(platform)
        self._exclusion = None if excluder is None else WindowExclusion(excluder)
        self._standing = Standing()
        self._level = ""
        self._rules = Rules()
        self._watching = False
        self._probe: int | None = None
        self._sentinel = Sentinel(
            sentinel_command(),
            lambda event: background.post(partial(self._take_capture, event)),
            lambda state: background.post(lambda: self._take_state(state)),
            environment=display_environment(),
            on_found=lambda found: background.post(partial(self._take_found, "sentinel", found)),
            platform=platform,
        )
        self._lookout = Lookout(
            tripwires(os.environ, self._companions),
            listeners(os.environ),
            lambda found: background.post(partial(self._take_found, "desktop", found)),
            lambda notice: background.post(partial(self.shield.take_moment, notice)),
            lambda states: background.post(partial(self._take_tripwires, states)),
        )
        if self._exclusion is not None:
            self._exclusion.changed.connect(lambda _state: self._take_state(self._of_sentinel))
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.setInterval(PAINTED_MS)
        self._painted.timeout.connect(lambda: self._tell(self._sentinel.covered()))
        self.shield.noticed.connect(self._report)
        self.shield.raised.connect(lambda _reason: self._painted.start())

    def start(self) -> None:
        """Start the sentinel, or start it again after it was given up."""
        self._tell(self._sentinel.start())
        if not self._watching:
            self._watching = True
            self._tell(self._lookout.run())

    async def stop(self) -> None:
        """End the sentinel; on the io thread."""
        await self._sentinel.stop()

    def set_level(self, level: str) -> None:
        """Say how strictly what is shown is protected; empty when nothing is shown."""
        self._level = level
        self.regions.set_level(level)
        self.shield.set_level(level)
        self._background.call_soon(self._lookout.arm, level in GUARDED)
        if self._exclusion is not None:
            self._exclusion.want(level in GUARDED)

    @property
    def ability(self) -> Ability:
        """Return which levels can be held here now."""
        return ability(self.state)

    @property
    def pulse(self) -> tuple[str, int] | None:
        """Return which sentinel runs, and how many heartbeats it was heard with."""
        return self._sentinel.pulse

    async def test(self, rect: Rect) -> Shot:
        """Let a program of our own read a part of the screen: told by `tested`, and no attempt.

        On the io thread.
        """
        if not await self._sentinel.confirm():
            return Shot(0, problem=UNCONFIRMED)
        return await take_shot(display_environment(), rect, self._learn_probe)

    def end_test(self) -> None:
        """Take the black windows away that a test has raised, once the screen is quiet."""
        self._probe = None
        if not self.shield.up:
            self._painted.start()
            QTimer.singleShot(QUIET_MS, self, lambda: self._tell(self._sentinel.clear()))

    def _learn_probe(self, pid: int) -> None:
        self._probe = pid

    def set_rules(self, rules: Rules) -> None:
        """Take what the server says about exemption, trial and programs that are known here."""
        self._rules = rules
        self.shield.set_rules(rules)
        self.regions.soften(rules.watched)
        self._tell(self._sentinel.keep_quiet(sorted(rules.quiet)))

    def _protect(self, regions: Sequence[Region]) -> None:
        self._tell(self._sentinel.protect(list(regions)))

    def _companions(self) -> list[int]:
        """Name our processes beside this one; on the io thread."""
        return [] if self._sentinel.pid is None else [self._sentinel.pid]

    def _take_capture(self, event: CaptureEvent) -> None:
        """Hand a capture on, with the level that was shown where the sentinel was told a milder one."""
        if event.culprit.pid is not None and event.culprit.pid == self._probe:
            self.tested.emit(event)
            return
        if self._rules.watched(self._level) == event.level != self._level:
            event = event._replace(level=self._level)
        self.shield.take_capture(event)

    def _take_state(self, state: GuardState) -> None:
        self._of_sentinel = state
        kept_out = () if self._exclusion is None else self._exclusion.states
        self.state = state._replace(tripwires=(*state.tripwires, *self._own_tripwires, *kept_out))
        self.shield.take_state(self.state)
        self.state_changed.emit(self.state)

    def _take_tripwires(self, states: tuple[TripwireState, ...]) -> None:
        self._own_tripwires = states
        self._take_state(self._of_sentinel)

    def _take_found(self, watcher: str, found: tuple[Notice, ...]) -> None:
        self.shield.take_standing(self._standing.replace(watcher, found))

    def _report(self, event: CaptureEvent, response: Answer) -> None:
        if not response.record:
            return
        widget, picture_id = self._shown()
        visible = None if self.shield.up else widget
        self._reports.add(
            event, response, picture_id, lambda: None if visible is None else evidence_of(visible)
        )

    def _ask_back(self, answered: Answered) -> None:
        """Ask the sentinel whether the picture may return."""

        def take(allowed: bool) -> None:
            answered(allowed)
            if self.shield.up:
                # The sentinel has shown or hidden its black windows on the word that ours may go.
                self._painted.start()

        self._background.run(self._sentinel.clear(), take, _never, self)

    def _tell(self, coroutine: object) -> None:
        self._background.run(coroutine, None, _never, self)  # type: ignore[arg-type]  # commands of several result types


def strictest(levels: Iterable[str]) -> str:
    """Return the strictest of some levels; empty for none."""
    return max(levels, key=LEVELS.index, default="")


def _never(failure: Failure) -> None:
    raise failure  # the sentinel's commands do not speak to the server
