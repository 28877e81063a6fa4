"""The part of the status bar that shows pictures being sent: how far, how fast, how long yet, and cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from desktop.client.uploads import Sending
from desktop.gallery.words import bytes_words, time_left
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label
from desktop.look.tokens import TEXT_SMALL

STEPS = 1000
BAR = 140


def sending_words(sending: Sending) -> str:
    """Write how much is sent, how fast, and how long it will take."""
    words = f"{bytes_words(sending.bytes_done)} of {bytes_words(sending.bytes)}"
    if sending.rate:
        words += f" · {bytes_words(sending.rate)}/s"
    if sending.seconds_left is not None:
        words += f" · {time_left(sending.seconds_left)}"
    return words


class SendingLine(QWidget):
    """Shows what it is told; hidden while nothing is sent."""

    cancelled = Signal()

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._what = label("", "strong")
        self._facts = label("", "normal")
        for words in (self._what, self._facts):
            words.setFont(look.fonts.count(TEXT_SMALL))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(BAR)
        self._bar.setRange(0, STEPS)
        self._bar.setAccessibleName("Pictures being sent")
        self.cancel = button("Cancel", "text")
        self.cancel.setAccessibleName("Cancel sending pictures")
        self.cancel.setStyleSheet(f"QPushButton {{ min-height: 20px; font-size: {TEXT_SMALL}px; }}")
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for widget in (self._what, self._bar, self._facts, self.cancel):
            row.addWidget(widget)
        self.hide()

    def show_sending(self, sending: Sending | None) -> None:
        """Show how far it is; None hides the line."""
        if sending is None:
            self.hide()
            self.cancel.setEnabled(True)
            return
        if self.cancel.isEnabled():
            number = min(sending.files, sending.files_done + 1)
            self._what.setText(f"Sending {number:,} of {sending.files:,}")
            self._facts.setText(sending_words(sending))
        self._bar.setValue(STEPS * sending.bytes_done // max(1, sending.bytes))
        self.show()

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._what.setText("Cancelling")
        self._facts.setText("")
        self.cancelled.emit()
