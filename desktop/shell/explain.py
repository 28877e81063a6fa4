"""Answers the question on the shield: what is recorded of a capture attempt, and who sees it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

RECORDED = (
    "The moment, and for how long the screen was read.",
    "The program that read it: its name, its process number and its file.",
    "The part of the screen that was read.",
    "Your account, and the mark that all your pictures carry in this session.",
    "Which picture was open, and a small copy of what was shown, with your mark in it.",
)
WHO = "The keepers of this gallery (admins and auditors) see it on the activity page. Nobody can change it."


class Explanation(QDialog):
    """Lists what is recorded."""

    def __init__(self, look: Appearance, window: QWidget) -> None:
        super().__init__(window)
        edge = f"1px solid {look.palette.line}"
        self.setStyleSheet(f"Explanation {{ background: {look.palette.raised}; border: {edge}; }}")
        self.setWindowTitle("What is recorded?")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(460)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(10)
        column.addWidget(label("What is recorded?", "large"))
        for sentence in RECORDED:
            column.addWidget(label(f"·  {sentence}", "normal", wrap=True))
        column.addSpacing(4)
        column.addWidget(label(WHO, "strong", wrap=True))
        close = button("Close", "primary")
        close.clicked.connect(self.accept)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
