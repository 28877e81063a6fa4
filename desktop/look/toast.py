"""A message that comes up over a page, says what happened and what to do, and goes by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop.look.appearance import Appearance
from desktop.look.surfaces import Card, label

SHOWN_MS = 6000
MARGIN = 24
WIDEST = 460


class Toast(Card):
    """One message at a time at the bottom of its parent."""

    def __init__(self, look: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._over = parent
        self._icon = QLabel()
        self._text = label("", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.addLayout(row)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, tone: str = "normal", advice: str = "") -> None:
        """Show a message; `tone` is normal, good, caution or alarm."""
        names = {"good": "check", "caution": "triangle-alert", "alarm": "triangle-alert"}
        colour = str(getattr(self._look.palette, tone))
        self._icon.setPixmap(
            self._look.icons.pixmap(names.get(tone, "info"), 18, colour, self.devicePixelRatioF())
        )
        whole = f"{text} {advice}".strip()
        self._text.setText(whole)
        # A wrapped label has no natural size: it takes one line, up to the room there is.
        room = max(120, min(WIDEST, self._over.width() - 2 * MARGIN - 64))
        width = min(room, self._text.fontMetrics().horizontalAdvance(whole) + 4)
        self._text.setFixedSize(width, self._text.heightForWidth(width))
        self.setAccessibleName(whole)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._timer.start(SHOWN_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the bottom centre when the parent changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        """Wait for nothing while nobody sees it."""
        self._timer.stop()

    def _place(self) -> None:
        over = self._over
        self.move((over.width() - self.width()) // 2, over.height() - self.height() - MARGIN)
