"""Whether somebody is at the window: it is not hidden away, and no other program has the keyboard."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication


class Attention(QObject):
    """Tells when the program is left for another and when somebody comes back; lives on the GUI thread."""

    changed = Signal(bool)

    def __init__(self, application: QGuiApplication) -> None:
        super().__init__()
        self._there = True
        application.applicationStateChanged.connect(self._look)

    def _look(self, state: Qt.ApplicationState) -> None:
        there = state == Qt.ApplicationState.ApplicationActive
        if there != self._there:
            self._there = there
            self.changed.emit(there)
