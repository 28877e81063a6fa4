"""The dialog that lets a person see an album, until a day and for a number of views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QDate, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from desktop.client.albums import Album
from desktop.look.appearance import Appearance
from desktop.look.dialog import AskingDialog
from desktop.look.fields import Choice, Day, Tick
from desktop.look.surfaces import label

MOST_VIEWS = 1_000_000
DAYS_AHEAD = 30
VIEWS = 100


class GrantAlbum(AskingDialog):
    """`asked` carries the album's id, the moment it ends (None: never) and how many views (None: any)."""

    asked = Signal(str, object, object)

    def __init__(self, look: Appearance, name: str, albums: Sequence[Album], parent: QWidget) -> None:
        super().__init__(f"Let {name} see an album", "Let them see it", "primary", parent)
        self.album = Choice()
        for album in albums:
            self.album.addItem("    " * album.depth + album.name, album.id)
        self.field("Album", self.album)
        self.until = Tick(look, "Until the end of")
        self.day = Day(QDate.currentDate().addDays(DAYS_AHEAD), QDate.currentDate())
        self.day.setAccessibleName("Last day")
        self.limited = Tick(look, "For a number of views")
        self.views = QLineEdit(str(VIEWS))
        self.views.setValidator(QIntValidator(1, MOST_VIEWS, self))
        self.views.setAccessibleName("Views")
        for tick, field in ((self.until, self.day), (self.limited, self.views)):
            row = QHBoxLayout()
            row.addWidget(tick, 1)
            field.setFixedWidth(150)
            field.setEnabled(False)
            tick.toggled.connect(field.setEnabled)
            row.addWidget(field)
            self.column.addLayout(row)
        words = (
            "The albums in it are seen too, as far as they inherit. "
            "What was granted on this album before is replaced."
        )
        self.column.addWidget(label(words, "small", wrap=True))
        self.finish()
        self.album.setFocus()

    def _ask(self) -> None:
        if self.limited.isChecked() and not self.views.hasAcceptableInput():
            self.refuse("That is no number of views.", f"Type one from 1 to {MOST_VIEWS:,}.")
            return
        self.do.setEnabled(False)
        end = _end_of(self.day.date()) if self.until.isChecked() else None
        views = int(self.views.text()) if self.limited.isChecked() else None
        self.asked.emit(str(self.album.currentData()), end, views)


def _end_of(day: QDate) -> datetime:
    """Return the moment at which a day is over here."""
    return datetime.fromtimestamp(day.addDays(1).startOfDay().toSecsSinceEpoch(), UTC)
