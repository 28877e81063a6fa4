"""Changing a picture's facts: stars, flag, favourite, title, tags; only for those who curate."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from desktop.client.errors import Failure
from desktop.client.models import Account, Picture

T = TypeVar("T")


class Curation(Protocol):
    """Where changes go (`client.api.Gallery`)."""

    async def update(self, picture_id: str, **changes: object) -> Picture:
        """Change a picture."""


class Runner(Protocol):
    """Runs coroutines on the io thread (`background.Background`)."""

    def run(
        self,
        coroutine: Coroutine[Any, Any, T],
        on_done: Callable[[T], None] | None,
        on_failed: Callable[[Failure], None],
        owner: QObject,
    ) -> Any:
        """Start a coroutine."""


class Edits(QObject):
    """Sends changes; `changed` carries the picture as the server has it now, `refused` words and advice."""

    changed = Signal(object)
    refused = Signal(str, str)

    def __init__(self, curation: Curation, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._curation = curation
        self._runner = runner
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
        self._runner.run(
            self._curation.update(picture.id, **changes),
            self.changed.emit,
            lambda failure: self.refused.emit(failure.message, failure.advice),
            self,
        )
