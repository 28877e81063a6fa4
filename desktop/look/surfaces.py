"""Frames, labels and lines that the style sheet knows by their properties."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.look.fonts import Fonts


def label(text: str, tone: str = "strong", *, wrap: bool = False) -> QLabel:
    """Make a label in one of the style sheet's tones; the text is shown as it is, never as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("tone", tone)
    made.setWordWrap(wrap)
    return made


def head(text: str, fonts: Fonts) -> QLabel:
    """Make a group head in spaced capitals."""
    made = label(text, "faint")
    made.setFont(fonts.head())
    return made


def button(text: str, kind: str = "plain") -> QPushButton:
    """Make a button of one of the style sheet's kinds."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setAccessibleName(text)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made


def line(*, vertical: bool = False) -> QFrame:
    """Make a hairline between two areas."""
    made = QFrame()
    made.setProperty("surface", "line")
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


def surface(kind: str, parent: QWidget | None = None) -> QFrame:
    """Make a frame with one of the style sheet's grounds."""
    made = QFrame(parent)
    made.setProperty("surface", kind)
    return made


class Card(QFrame):
    """A raised, rounded box with a column of things in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 16, 16, 16)
        self.column.setSpacing(8)
