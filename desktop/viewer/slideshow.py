"""The slideshow: one picture after the other, at a steady pace, until somebody does something else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

PACE_MS = 5000


class Slideshow(QObject):
    """Calls for the next picture; waits while pictures are hidden."""

    changed = Signal(bool)

    def __init__(self, next_picture: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._playing = False
        self._timer = QTimer(self)
        self._timer.setInterval(PACE_MS)
        self._timer.timeout.connect(next_picture)

    @property
    def playing(self) -> bool:
        """Say whether it plays."""
        return self._playing

    def play(self) -> None:
        """Start."""
        self._set(True)

    def pause(self) -> None:
        """Stop where it is."""
        self._set(False)

    def toggle(self) -> None:
        """Play or pause."""
        self._set(not self._playing)

    def wait(self, waiting: bool) -> None:
        """Hold while the shield is up, go on afterwards."""
        self._timer.stop() if waiting or not self._playing else self._timer.start()

    def shown(self) -> None:
        """Give the picture that is shown now its full time."""
        if self._timer.isActive():
            self._timer.start()

    def _set(self, playing: bool) -> None:
        if playing != self._playing:
            self._playing = playing
            self._timer.start() if playing else self._timer.stop()
            self.changed.emit(playing)
