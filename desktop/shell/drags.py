"""Notices that somebody tries to drag a picture out of the window, for the answer that it stays."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QWidget


class Drags(QObject):
    """Watches widgets that show pictures; `tried` comes once for each press that becomes a drag."""

    tried = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._from: QPoint | None = None

    def watch(self, widget: QWidget) -> None:
        """Watch a widget."""
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the left button; nothing is taken from anybody."""
        if not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._from = event.position().toPoint()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._from = None
        elif event.type() == QEvent.Type.MouseMove and self._from is not None:
            way = (event.position().toPoint() - self._from).manhattanLength()
            if way > 2 * QGuiApplication.styleHints().startDragDistance():
                self._from = None
                self.tried.emit()
        return False
