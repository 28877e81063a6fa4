"""The information panel beside the grid: it follows the selected picture by itself."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent

from desktop.background import Background
from desktop.client.models import Account, Picture
from desktop.look.appearance import Appearance
from desktop.look.toast import Toast
from desktop.viewer.detail import DetailLoad, Details
from desktop.viewer.edits import Curation, Edits
from desktop.viewer.information import InformationPanel


class Server(Curation, Details, Protocol):
    """What the panel asks of the server (`client.api.Gallery`)."""


class SidePanel(InformationPanel):
    """Fetches the facts of one picture while it is visible, and sends changes of them."""

    picture_updated = Signal(object)

    def __init__(self, look: Appearance, server: Server, background: Background) -> None:
        super().__init__(look)
        self._picture: Picture | None = None
        self._load = DetailLoad(server, background, self)
        self._toast = Toast(look, self)
        self._edits = Edits(server, background, self)
        self._edits.changed.connect(self.show_picture)
        self._edits.changed.connect(self.picture_updated)
        self._edits.refused.connect(lambda words, advice: self._toast.say(words, "caution", advice))
        self.rated.connect(lambda stars: self._edits.send(self._picture, rating=stars))
        self.tags_changed.connect(lambda tags: self._edits.send(self._picture, tags=list(tags)))

    def begin(self, account: Account, mark_id: str) -> None:
        """Take the person who signed in."""
        self._edits.begin(account)
        self.show_mark(mark_id)
        self.set_editable(account.curates)

    def end(self) -> None:
        """Forget everything (lock, sign-out)."""
        self._edits.begin(None)
        self._load.stop()
        self._picture = None
        self.clear()

    def show_picture(self, picture: Picture) -> None:
        """Show another picture's facts."""
        self._picture = picture
        if self.isVisible():
            self.show_rating(picture)
            self._load.show(picture.id)

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch what was not asked for while nobody saw it."""
        if self._picture is not None:
            self.show_picture(self._picture)
