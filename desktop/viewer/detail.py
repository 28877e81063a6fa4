"""Fetching what the information panel shows of the opened picture."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject

from desktop.background import Background, Task
from desktop.client.models import PictureDetail
from desktop.viewer.information import InformationPanel


class Details(Protocol):
    """Where details come from (`client.api.Gallery`)."""

    async def image(self, picture_id: str) -> PictureDetail:
        """Fetch all that is known of a picture."""


class DetailLoad(QObject):
    """Fills one panel; a picture left behind is not waited for."""

    def __init__(self, details: Details, background: Background, panel: InformationPanel) -> None:
        super().__init__(panel)
        self._details = details
        self._background = background
        self._panel = panel
        self._picture_id = ""
        self._task: Task | None = None
        panel.retry_requested.connect(lambda: self.show(self._picture_id))

    def show(self, picture_id: str) -> None:
        """Fetch and show a picture's detail."""
        self.stop()
        self._picture_id = picture_id
        self._task = self._background.run(
            self._details.image(picture_id), self._panel.show_detail, self._panel.show_failure, self
        )

    def stop(self) -> None:
        """Wait for nothing."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
