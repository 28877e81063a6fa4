"""The dialog that grants an assistive exemption: why, and until when."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from desktop.look.appearance import Appearance
from desktop.look.dialog import AskingDialog
from desktop.look.fields import Day, Tick
from desktop.look.surfaces import label

DAYS_AHEAD = 90


class GrantExemption(AskingDialog):
    """`asked` carries the reason and the moment it ends (None: never)."""

    asked = Signal(str, object)

    def __init__(self, look: Appearance, name: str, parent: QWidget) -> None:
        super().__init__(f"Exempt {name} from the shield", "Exempt them", "danger", parent)
        words = (
            "For a screen reader, a magnifier or remote support: the capture guard hides nothing from them. "
            "Their pictures carry a stronger mark, every capture is recorded, and both of you see it."
        )
        self.column.addWidget(label(words, "normal", wrap=True))
        self.reason = QLineEdit()
        self.reason.setMaxLength(500)
        self.field("Why", self.reason)
        self.until = Tick(look, "Until the end of")
        self.day = Day(QDate.currentDate().addDays(DAYS_AHEAD), QDate.currentDate())
        self.day.setAccessibleName("Last day")
        self.day.setFixedWidth(150)
        self.until.toggled.connect(self.day.setEnabled)
        self.until.setChecked(True)
        row = QHBoxLayout()
        row.addWidget(self.until, 1)
        row.addWidget(self.day)
        self.column.addLayout(row)
        self.finish()
        self.reason.setFocus()

    def _ask(self) -> None:
        reason = self.reason.text().strip()
        if not reason:
            self.refuse("The reason is missing.", "Say in a few words what they need it for.")
            return
        ends = None
        if self.until.isChecked():
            day = self.day.date()
            ends = datetime(day.year(), day.month(), day.day(), 23, 59, 59).astimezone()
        self.do.setEnabled(False)
        self.asked.emit(reason, ends)
