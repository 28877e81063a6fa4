"""Judging capture attempts, and the ledger of causes: what is a false alarm, and which programs are known."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.admin.asking import Asking
from desktop.admin.cards import Panel
from desktop.admin.people_dialogs import Confirm
from desktop.admin.wording import plural
from desktop.background import Background
from desktop.client.protection import Cause, Ledger, ProtectionServer, QuietProgram
from desktop.client.records import ActivityEntry
from desktop.look.appearance import Appearance
from desktop.look.dialog import AskingDialog
from desktop.look.fields import Choice, Tick
from desktop.look.surfaces import button, label

SHOWN, NAME_WIDTH = 8, 190
DAYS, MOST_DAYS = 30, 90
JUDGEMENTS = {"false_alarm": "A false alarm", "real": "A real capture"}


class JudgeCapture(AskingDialog):
    """`asked` carries the judgement, the note, and for how many days the program is to be quiet (0: not)."""

    asked = Signal(str, str, int)

    def __init__(self, look: Appearance, entry: ActivityEntry, parent: QWidget) -> None:
        super().__init__("What was this capture?", "Judge it", "primary", parent)
        self.column.addWidget(label(entry.detail, "normal", wrap=True))
        self.choice = Choice()
        for value, words in JUDGEMENTS.items():
            self.choice.addItem(words, value)
        self.field("It was", self.choice)
        self.note = QLineEdit()
        self.note.setMaxLength(500)
        self.field("Why you think so", self.note)
        self.quiet = Tick(look, "Let it hide no guarded picture for")
        self.days = QLineEdit(str(DAYS))
        self.days.setValidator(QIntValidator(1, MOST_DAYS, self))
        self.days.setAccessibleName("Days on the quiet list")
        self.days.setFixedWidth(60)
        self.days.setEnabled(False)
        self.quiet.toggled.connect(self.days.setEnabled)
        self._unit = label("days")
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self.quiet, self.days, self._unit):
            row.addWidget(widget)
        row.addStretch(1)
        self.column.addLayout(row)
        known = entry.executable or ""
        words = f"{known} is recorded as before. An interpreter stands for every script that it runs."
        self._about_quiet = label(words, "small", wrap=True)
        self.column.addWidget(self._about_quiet)
        self._known = bool(known)
        self.choice.currentIndexChanged.connect(self._offer)
        self._offer()
        self.finish()
        self.note.setFocus()

    def _offer(self) -> None:
        can = self._known and self.choice.currentData() == "false_alarm"
        for widget in (self.quiet, self.days, self._unit, self._about_quiet):
            widget.setVisible(can)
        if not can:
            self.quiet.setChecked(False)

    def _ask(self) -> None:
        note = self.note.text().strip()
        if not note:
            self.refuse("The note is missing.", "Say in a few words why you think so.")
        elif self.quiet.isChecked() and not self.days.hasAcceptableInput():
            self.refuse("That is no number of days.", f"Type one from 1 to {MOST_DAYS}.")
        else:
            self.do.setEnabled(False)
            days = int(self.days.text()) if self.quiet.isChecked() else 0
            self.asked.emit(self.choice.currentData(), note, days)


class JudgementDesk(Asking):
    """Does what an admin asks about captures; `judged` tells that something is different now."""

    judged = Signal()

    def __init__(
        self, look: Appearance, server: ProtectionServer, background: Background, page: QWidget
    ) -> None:
        super().__init__(background, page)
        self._look = look
        self._server = server

    def judge(self, entry: ActivityEntry) -> None:
        """Ask what a capture was."""
        dialog = JudgeCapture(self._look, entry, self._page)

        async def send(judgement: str, note: str, days: int) -> None:
            await self._server.judge(entry.sequence, judgement, note)
            if days:
                await self._server.quieten(entry.sequence, days)

        dialog.asked.connect(lambda *said: self.run(send(*said), lambda _: self.judged.emit(), dialog))
        self.open(dialog)

    def end(self, program: QuietProgram) -> None:
        """Ask whether a program is to be answered like any other again."""
        dialog = Confirm(
            "Take it off the quiet list?",
            f"From now on {program.executable} hides guarded pictures when it reads the screen.",
            "Take it off",
            self._page,
            "primary",
        )
        dialog.asked.connect(
            lambda: self.run(self._server.end_quiet(program.id), lambda _: self.judged.emit(), dialog)
        )
        self.open(dialog)


class LedgerCard(Panel):
    """The programs behind captures of thirty days, and those that are quiet; `end_wanted` carries one."""

    end_wanted = Signal(object)

    def __init__(self, look: Appearance) -> None:
        super().__init__(look)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        self.column.setSpacing(8)
        self.column.addWidget(label("Causes, 30 days", "bold"))
        self.column.addLayout(self._rows)
        self.hide()

    def show_ledger(self, ledger: Ledger, *, administers: bool) -> None:
        """Show what there is; nothing hides the card."""
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for cause in ledger.causes[:SHOWN]:
            self._rows.addWidget(_row(cause_name(cause), cause_words(cause), cause.executable or ""))
        for program in ledger.quiet:
            words = f"quiet until {program.expires_at.astimezone():%d %b} · {program.note}"
            row = _row(PurePath(program.executable).name, words, program.executable)
            if administers:
                end = button("End", "text")
                end.setAccessibleName(f"Take {program.executable} off the quiet list")
                end.clicked.connect(partial(self.end_wanted.emit, program))
                _add(row, end)
            self._rows.addWidget(row)
        self.setVisible(bool(ledger.causes or ledger.quiet))


def cause_name(cause: Cause) -> str:
    """Name a cause."""
    return cause.name or (PurePath(cause.executable).name if cause.executable else "Unknown programs")


def cause_words(cause: Cause) -> str:
    """Say how often something was the cause, and what it was found to be."""
    parts = [plural(cause.attempts, "attempt")] if cause.attempts else []
    if cause.short_shields:
        parts.append(plural(cause.short_shields, "short shield"))
    if cause.false_alarms:
        parts.append(plural(cause.false_alarms, "false alarm"))
    if cause.real:
        parts.append(f"{cause.real} real")
    return " · ".join(parts)


def _row(name: str, words: str, path: str) -> QWidget:
    made = QWidget()
    across = QHBoxLayout(made)
    across.setContentsMargins(0, 0, 0, 0)
    # What a program calls itself may be as long as it likes.
    title = label(name)
    title.setText(title.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, NAME_WIDTH))
    across.addWidget(title, 0, Qt.AlignmentFlag.AlignTop)
    said = label(words, "normal", wrap=True)
    said.setAlignment(Qt.AlignmentFlag.AlignRight)
    across.addWidget(said, 1)
    made.setToolTip(path)
    made.setAccessibleName(f"{name}: {words}")
    return made


def _add(row: QWidget, widget: QWidget) -> None:
    layout = row.layout()
    if layout is not None:
        layout.addWidget(widget)
