"""Tells the server what this machine can hold, and acts on its answer; lives on the GUI thread."""

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.background import Background, LiveEvents, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.protection import Standing
from desktop.guard.abilities import Ability
from desktop.guard.events import LEVELS
from desktop.guard.rules import Rules
from desktop.shell.guarding import Guarding

# The server believes a word for 150 seconds.
AGAIN_MS = 60_000
# After a failure, and between two changes.
SOON_MS = 2_000
# What changes the server's answer, beside this machine.
TELLING = frozenset({"protection_changed", "features_changed"})


class Claims(QObject):
    """One word at a time; what has changed meanwhile is told next."""

    changed = Signal(object)
    held = Signal()
    strengthened = Signal()

    def __init__(
        self, gallery: Gallery, background: Background, live: LiveEvents, guarding: Guarding
    ) -> None:
        super().__init__()
        self._server = gallery.protection
        self._background = background
        self._guarding = guarding
        self._signed_in = False
        self._strengthen = False
        self._strong = False
        self._told: Ability | None = None
        self._telling: Ability | None = None
        self._task: Task | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.tell)
        guarding.state_changed.connect(lambda _state: self._look())
        guarding.shield.strengthen_wanted.connect(self._ask_strength)
        live.connected.connect(self.tell)
        live.happened.connect(self._happened)

    def begin(self) -> None:
        """Begin with who has signed in."""
        self._signed_in = True
        self.tell()

    def end(self) -> None:
        """Forget them, and what held for them."""
        self._signed_in = self._strengthen = self._strong = False
        self._told = self._telling = None
        self._again.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._guarding.set_rules(Rules())
        self._guarding.shield.set_believed(Ability("sealed"))

    def tell(self) -> None:
        """Say what this machine can hold now."""
        if not self._signed_in or self._task is not None:
            return
        self._telling = self._guarding.ability
        work = self._server.tell(
            self._telling.level, self._telling.reason, self._guarding.pulse, strengthen=self._strengthen
        )
        self._task = self._background.run(work, self._answered, self._failed, self)

    def _look(self) -> None:
        if self._told != self._guarding.ability:
            self.tell()

    def _ask_strength(self) -> None:
        if not self._strengthen and self._signed_in:
            self._strengthen = True
            self.tell()

    def _happened(self, kind: str, data: dict[str, object]) -> None:
        if kind in TELLING:
            self.tell()

    def _answered(self, standing: Standing) -> None:
        self._task = None
        before, self._told = self._told, self._telling
        self._again.start(AGAIN_MS)
        self._guarding.set_rules(
            Rules(standing.assistive is not None, standing.trial, frozenset(standing.quiet))
        )
        told = self._told
        doubted = told is not None and LEVELS.index(standing.holds) < LEVELS.index(told.level)
        believed = Ability(standing.holds, standing.reason) if doubted else Ability("sealed")
        self._guarding.shield.set_believed(believed)
        if standing.strong and not self._strong:
            self._strong = True
            self.strengthened.emit()
        self.changed.emit(standing)
        if told != before:
            self.held.emit()
        if told != self._guarding.ability or (self._strengthen and not standing.strong):
            self._again.start(SOON_MS if told == before else 0)

    def _failed(self, failure: Failure) -> None:
        """Try again soon; the server keeps back what it does not know to be held."""
        self._task = None
        self._again.start(round(1000 * (failure.retry_after or 0)) or SOON_MS)
