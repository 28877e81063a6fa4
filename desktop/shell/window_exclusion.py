"""Keeps every window of the program out of captures where the system can; lives on the GUI thread."""

from __future__ import annotations

import platform
import sys

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QWindow

from desktop.guard.events import TripwireState
from desktop.guard.exclusion import Excluder, Exclusion
from desktop.guard.exclusion.macos import Runtime, WindowSharing

NAME = "windows kept out of captures"
# Systems forget it when a window gets another native window, is restored, or comes to another screen.
AGAIN = frozenset(
    {
        QEvent.Type.Show,
        QEvent.Type.PlatformSurface,
        QEvent.Type.WindowStateChange,
        QEvent.Type.ScreenChangeInternal,
        QEvent.Type.DevicePixelRatioChange,
    }
)
NOT_OURS = (Qt.WindowType.ForeignWindow, Qt.WindowType.Desktop)


class WindowExclusion(QObject):
    """One event filter for the whole application: menus, tooltips and dialogs are windows, too."""

    changed = Signal(object)

    def __init__(self, excluder: Excluder) -> None:
        super().__init__()
        application = QGuiApplication.instance()
        if not isinstance(application, QGuiApplication):
            raise TypeError("windows are kept out of captures after the application is made")
        self._excluder = excluder
        self._wanted = False
        self._of_windows: dict[int, Exclusion] = {}
        self.states: tuple[TripwireState, ...] = ()
        application.installEventFilter(self)
        application.applicationStateChanged.connect(self._apply_all)
        application.screenAdded.connect(self._apply_all)
        application.screenRemoved.connect(self._apply_all)
        application.primaryScreenChanged.connect(self._apply_all)

    def want(self, wanted: bool) -> None:
        """Say whether anything is shown that must not be captured."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted:
            self._apply_all()
        else:
            for window in _windows():
                self._excluder.include(int(window.winId()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask again whenever a window may have lost it; what is hidden no longer counts."""
        kind = event.type()
        if kind in AGAIN and isinstance(watched, QWindow):
            self._apply(watched)
        elif kind is QEvent.Type.Hide and isinstance(watched, QWindow):
            self._tell()
        return False

    def _apply_all(self, _: object = None) -> None:
        for window in _windows():
            self._apply(window)

    def _apply(self, window: QWindow) -> None:
        if self._wanted and _counts(window):
            identity = int(window.winId())
            self._of_windows[identity] = self._excluder.exclude(identity)
            self._tell()

    def _tell(self) -> None:
        """Tell whether it holds for every window that is to be seen; one that is not kept out is a gap."""
        shown = {int(window.winId()) for window in _windows()}
        self._of_windows = {window: told for window, told in self._of_windows.items() if window in shown}
        gap = next((told for told in self._of_windows.values() if not told.held), Exclusion(held=True))
        states = (TripwireState(NAME, gap.held, gap.reason, apart=True),)
        if states != self.states:
            self.states = states
            self.changed.emit(states)


def _windows() -> list[QWindow]:
    return [window for window in QGuiApplication.topLevelWindows() if _counts(window)]


def _counts(window: QWindow) -> bool:
    return window.isVisible() and window.isTopLevel() and window.type() not in NOT_OURS


def excluder_of(display: str) -> Excluder | None:
    """Return what keeps windows out of captures on a kind of display, by Qt's name; None if nothing."""
    if sys.platform == "win32" and display == "windows":
        from desktop.guard.exclusion.windows import DisplayAffinity, SystemUser32

        return DisplayAffinity(SystemUser32())
    if display == "cocoa":
        return WindowSharing(Runtime(), int(platform.mac_ver()[0].partition(".")[0] or 0))
    return None
