"""The evidence of one capture attempt: what was seen on the screen, in words and as a small picture."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel

from desktop.admin.cards import Panel
from desktop.admin.judgement import JUDGEMENTS
from desktop.client.records import ActivityEntry
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

Fetch = Callable[[int, Callable[[bytes], None]], None]


class EvidenceCard(Panel):
    """Shows the evidence of the chosen entry; hidden while nothing with evidence is chosen, or shielded."""

    judge_wanted = Signal(object)

    def __init__(self, look: Appearance, fetch: Fetch) -> None:
        """Take what fetches the picture of an entry's number and hands it on."""
        super().__init__(look)
        self._fetch = fetch
        self._entry: ActivityEntry | None = None
        self._shielded = False
        self.picture = QLabel()
        self._words = label("", "normal", wrap=True)
        self.judge = button("Judge…")
        self.column.addWidget(label("Evidence", "bold"))
        self.column.addWidget(self.picture)
        self.column.addWidget(self._words)
        self.column.addWidget(self.judge, 0, Qt.AlignmentFlag.AlignLeft)
        self.judge.clicked.connect(lambda: self.judge_wanted.emit(self._entry))
        self.hide()

    def show_entry(self, entry: ActivityEntry | None, *, judges: bool) -> None:
        """Show the evidence of an entry; `judges` is whether the person may judge it."""
        self._entry = entry if entry is not None and entry.kind == "capture_attempt" else None
        if self._entry is None or self._shielded:
            self.hide()
            return
        self.judge.setVisible(judges)
        self.picture.setVisible(self._entry.evidence)
        if self._entry.evidence:
            chosen = self._entry
            self.picture.clear()
            self._words.clear()
            self._fetch(chosen.sequence, lambda data: self._show_picture(chosen, data))
        else:
            self._say(f"{self._entry.detail}.")

    def set_shielded(self, shielded: bool) -> None:
        """Hide what shows a picture, or let it be shown again."""
        self._shielded = shielded
        if shielded:
            self.forget()

    def forget(self) -> None:
        """Drop what was fetched."""
        self._entry = None
        self.hide()
        self.picture.clear()
        self._words.clear()

    def _show_picture(self, entry: ActivityEntry, data: bytes) -> None:
        picture = QPixmap()
        # Another entry may have been chosen, or the shield have come up, since it was asked for.
        if entry is not self._entry or not picture.loadFromData(data):
            return
        self.picture.setPixmap(picture)
        self._say(f"What {entry.account} saw at {entry.time.astimezone():%H:%M:%S}. {entry.detail}.")

    def _say(self, words: str) -> None:
        judgement = "" if self._entry is None else JUDGEMENTS.get(self._entry.judgement or "", "")
        self._words.setText(f"{words} Judged: {judgement.lower()}." if judgement else words)
        self.show()
