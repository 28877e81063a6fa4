"""Fetching what the information panel shows of the opened picture."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject

from desktop.client.errors import Failure
from desktop.client.models import PictureDetail
from desktop.viewer.information import InformationPanel

T = TypeVar("T")


class Details(Protocol):
    """Where details come from (`client.api.Gallery`)."""

    async def image(self, picture_id: str) -> PictureDetail:
        """Fetch all that is known of a picture."""


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


class DetailLoad(QObject):
    """Fills one panel; a picture left behind is not waited for."""

    def __init__(self, details: Details, runner: Runner, panel: InformationPanel) -> None:
        super().__init__(panel)
        self._details = details
        self._runner = runner
        self._panel = panel
        self._picture_id = ""
        self._task: Any = None
        panel.retry_requested.connect(lambda: self.show(self._picture_id))

    def show(self, picture_id: str) -> None:
        """Fetch and show a picture's detail."""
        self.stop()
        self._picture_id = picture_id
        self._task = self._runner.run(
            self._details.image(picture_id), self._panel.show_detail, self._panel.show_failure, self
        )

    def stop(self) -> None:
        """Wait for nothing."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
