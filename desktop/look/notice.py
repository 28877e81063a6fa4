"""What stands where nothing else can: an empty, loading, failed or offline state with what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

ICON = 48
WIDEST = 440


class Notice(QWidget):
    """An icon, a headline, a sentence and, where something can be done, a button."""

    acted = Signal()

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._name = "image"
        self._tone = "faint"
        self._icon = QLabel()
        self._title = label("", "large")
        self._text = label("", "normal", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setFixedWidth(WIDEST)
        self._button = button("Try again", "plain")
        self._button.clicked.connect(self.acted)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._button)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)
        look.changed.connect(self._refresh)
        self.hide()

    def say(self, icon: str, title: str, text: str, action: str = "", tone: str = "faint") -> None:
        """Show a state; without `action` there is no button."""
        self._name, self._tone = icon, tone
        self._title.setText(title)
        self._text.setText(text)
        # A centred label is given one line's height; the words may need more.
        self._text.setFixedHeight(self._text.heightForWidth(WIDEST))
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.setVisible(bool(action))
        self.setAccessibleName(f"{title}. {text}")
        self._refresh()
        self.show()
        self.raise_()

    def _refresh(self) -> None:
        colour = str(getattr(self._look.palette, self._tone))
        self._icon.setPixmap(self._look.icons.pixmap(self._name, ICON, colour, self.devicePixelRatioF()))
