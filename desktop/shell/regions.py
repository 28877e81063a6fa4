"""Which parts of the screen show protected pictures: followed as widgets are shown, moved and resized."""

from collections.abc import Callable, Sequence
from math import ceil, floor

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer
from PySide6.QtWidgets import QWidget

from desktop.guard.events import Rect, Region

FOLLOWED = frozenset(
    {
        QEvent.Type.Show,
        QEvent.Type.Hide,
        QEvent.Type.Move,
        QEvent.Type.Resize,
        QEvent.Type.WinIdChange,
        QEvent.Type.DevicePixelRatioChange,
        QEvent.Type.WindowStateChange,
    }
)


class ProtectedRegions(QObject):
    """Gathers the regions of all widgets that show pictures, and tells when they have changed."""

    def __init__(self, tell: Callable[[Sequence[Region]], None]) -> None:
        super().__init__()
        self._tell = tell
        self._widgets: list[QWidget] = []
        self._windows: set[QWidget] = set()
        self._level = ""
        self._watched: Callable[[str], str] = str
        self._on_trial: tuple[QWidget, str] | None = None
        self._told: list[Region] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.update)

    def add(self, widget: QWidget) -> None:
        """Follow a widget that shows pictures."""
        self._widgets.append(widget)
        widget.installEventFilter(self)
        window = widget.window()
        if window is not widget and window not in self._windows:
            self._windows.add(window)
            window.installEventFilter(self)
        self._soon.start()

    def set_level(self, level: str) -> None:
        """Say how strictly what is shown is protected; empty when nothing is shown."""
        if level != self._level:
            self._level = level
            self.update()

    def put_on_trial(self, widget: QWidget | None, level: str = "") -> None:
        """Protect one more widget as if it showed something of a level, until None ends that."""
        self._on_trial = None if widget is None else (widget, level)
        self.update()

    def soften(self, watched: Callable[[str], str]) -> None:
        """Take what gives the level that the sentinel is told for the one that is shown."""
        self._watched = watched
        self.update()

    def update(self) -> None:
        """Tell the regions of this moment, unless they are the same as before."""
        regions = self._regions()
        if regions != self._told:
            self._told = regions
            self._tell(regions)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again after anything that may have moved a widget."""
        if event.type() in FOLLOWED:
            self._soon.start()
        return False

    def _regions(self) -> list[Region]:
        trial = []
        if self._on_trial is not None:
            widget, level = self._on_trial
            trial.append(_region(widget, self._watched(level)))
        if self._level in ("", "open"):
            return trial
        level = self._watched(self._level)
        return trial + [_region(widget, level) for widget in self._widgets if widget.isVisible()]


def _region(widget: QWidget, level: str) -> Region:
    window = widget.window()
    ratio = window.devicePixelRatioF()
    corner = widget.mapTo(window, QPoint(0, 0))
    # Rounded outwards: with a broken pixel ratio the last device pixel belongs to the picture.
    left, top = floor(corner.x() * ratio), floor(corner.y() * ratio)
    right = ceil((corner.x() + widget.width()) * ratio)
    bottom = ceil((corner.y() + widget.height()) * ratio)
    return Region(int(window.winId()), Rect(left, top, right - left, bottom - top), level)
