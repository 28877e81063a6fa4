"""A page with one card in its middle."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.entry.form import EntryCard


def centre(page: QWidget, card: EntryCard) -> None:
    """Put the card into the middle of the page."""
    middle = QVBoxLayout(page)
    middle.addStretch(1)
    middle.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
    middle.addStretch(1)
