"""A dialog that asks for one thing: a title, what it is about, why it was refused, and two buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.look.surfaces import button, label

WIDE = 420


class EdgedDialog(QDialog):
    """A dialog with an edge: without a window manager nobody else draws one."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the edge."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


class AskingDialog(EdgedDialog):
    """Add to `column`, then `finish`; a subclass says in `_ask` what is asked for."""

    def __init__(self, title: str, action: str, kind: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(WIDE)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 20, 24, 16)
        self.column.setSpacing(8)
        self.column.addWidget(label(title, "title", wrap=True))
        self._problem = label("", "caution", wrap=True)
        self._problem.hide()
        self.do = button(action, kind)
        self.do.setDefault(True)
        self.do.clicked.connect(self._problem.hide)  # what was wrong before may be right now
        self.do.clicked.connect(self._ask)
        self.cancel = button("Cancel")
        self.cancel.clicked.connect(self.reject)
        self._end = QHBoxLayout()
        self._end.addStretch(1)
        self._end.addWidget(self.cancel)
        self._end.addWidget(self.do)

    def field(self, words: str, widget: QWidget) -> None:
        """Add a field under its name."""
        caption = label(words, "normal")
        caption.setBuddy(widget)
        widget.setAccessibleName(words)
        self.column.addWidget(caption)
        self.column.addWidget(widget)

    def finish(self) -> None:
        """Put the buttons below what was added."""
        self.column.addWidget(self._problem)
        self.column.addSpacing(8)
        self.column.addLayout(self._end)

    def refuse(self, message: str, advice: str) -> None:
        """Say why it could not be done; what was entered stays."""
        ended = message if message.endswith((".", "!", "?")) else f"{message}."
        self._problem.setText(f"{ended} {advice}".strip())
        self._problem.show()
        self.do.setEnabled(True)

    def event(self, event: QEvent) -> bool:
        """Be as high as the words need: the layout by itself asks for too little where they wrap."""
        done = super().event(event)
        if event.type() in (QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self.setFixedHeight(self.column.totalHeightForWidth(WIDE))
        return done

    def _ask(self) -> None:
        raise NotImplementedError
