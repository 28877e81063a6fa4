"""Takes away what an admin has switched off for the role of whoever is signed in; lives on the GUI thread."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject

from desktop.actions import Actions
from desktop.background import Background, LiveEvents, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.features import OwnFeatures

ACTIONS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "slideshow": ("slideshow.start", "slideshow.toggle"),
    "compare": ("compare",),
    "command_palette": ("palette",),
    "uploads": ("pictures.add",),
    "histogram": ("panel.histogram",),
}


class FeatureSwitches(QObject):
    """Asks after each sign-in and each change; until the answer comes everything is there."""

    def __init__(
        self,
        gallery: Gallery,
        background: Background,
        live: LiveEvents,
        actions: Actions,
        withhold: Callable[[frozenset[str]], None],
    ) -> None:
        """Take what hides the buttons of features that are off, by their names."""
        super().__init__()
        self._gallery = gallery
        self._background = background
        self._actions = actions
        self._withhold = withhold
        self._task: Task | None = None
        self._signed_in = False
        live.happened.connect(self._happened)
        live.connected.connect(self._ask)

    def begin(self) -> None:
        """Ask for the features of who has signed in."""
        self._signed_in = True
        self._ask()

    def end(self) -> None:
        """Forget them."""
        self._signed_in = False
        if self._task is not None:
            self._task.cancel()
        self._apply(OwnFeatures({}))

    def _ask(self) -> None:
        if not self._signed_in:
            return
        if self._task is not None and not self._task.finished:
            self._task.cancel()
        self._task = self._background.run(self._gallery.features(), self._apply, self._unknown, self)

    def _happened(self, kind: str, data: dict[str, object]) -> None:
        if kind == "features_changed":
            self._ask()

    def _apply(self, own: OwnFeatures) -> None:
        off = frozenset(name for name, on in own.features.items() if not on)
        self._actions.withhold(frozenset(action for name in off for action in ACTIONS_OF.get(name, ())))
        self._withhold(off)

    def _unknown(self, failure: Failure) -> None:
        """Leave all as it was: an older server knows no switches, and the next connection asks again."""
