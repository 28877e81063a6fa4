"""Asks what of a picture is taken out, and why."""

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QRadioButton, QWidget

from desktop.client.models import Picture
from desktop.look.dialog import AskingDialog
from desktop.look.surfaces import label

LONGEST_REASON = 500


class ExportDialog(AskingDialog):
    """Calls `chosen` with "original" or "copy" and the reason."""

    def __init__(self, picture: Picture, chosen: Callable[[str, str], None], parent: QWidget) -> None:
        super().__init__("Export the picture", "Choose where", "primary", parent)
        self._chosen = chosen
        self._protected = picture.level != "open"
        self.column.addWidget(
            label("The export is recorded, with your name and the reason.", "normal", wrap=True)
        )
        self.copy = QRadioButton("A full-size copy with your mark in it")
        self.original = QRadioButton("The original file, without any mark")
        self.copy.setChecked(True)
        for way in (self.copy, self.original):
            self.column.addWidget(way)
        self.reason = QLineEdit()
        self.reason.setMaxLength(LONGEST_REASON)
        self.field("Reason" if self._protected else "Reason, if you like", self.reason)
        self.finish()

    def _ask(self) -> None:
        reason = " ".join(self.reason.text().split())
        if self._protected and not reason:
            self.refuse("A protected picture takes a reason.", "Say what it is needed for.")
            return
        self.accept()
        self._chosen("original" if self.original.isChecked() else "copy", reason)
