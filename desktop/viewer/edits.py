"""Changing a picture's facts: stars, flag, favourite, title, tags; only for those who curate."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal

from desktop.background import Background
from desktop.client.models import Account, Picture


class Curation(Protocol):
    """Where changes go (`client.api.Gallery`)."""

    async def update(self, picture_id: str, **changes: object) -> Picture:
        """Change a picture."""


class Edits(QObject):
    """Sends changes; `changed` carries the picture as the server has it now, `refused` words and advice."""

    changed = Signal(object)
    refused = Signal(str, str)

    def __init__(self, curation: Curation, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._curation = curation
        self._background = background
        self._account: Account | None = None

    @property
    def allowed(self) -> bool:
        """Say whether the signed-in person may change pictures."""
        return self._account is not None and self._account.curates

    def begin(self, account: Account | None) -> None:
        """Take the person who signed in."""
        self._account = account

    def send(self, picture: Picture | None, **changes: object) -> None:
        """Change a picture, or say why not."""
        if picture is None:
            return
        if not self.allowed:
            self.refused.emit(
                "You can look at this library, not change it.",
                "An admin or a manager can rate, tag and rename.",
            )
            return
        self._background.run(
            self._curation.update(picture.id, **changes),
            self.changed.emit,
            lambda failure: self.refused.emit(failure.message, failure.advice),
            self,
        )
