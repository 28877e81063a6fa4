"""Changing what is known of the opened picture: by a key at once, or in the field that a key opens."""

from __future__ import annotations

from collections.abc import Callable

from desktop.canvas.canvas import Canvas
from desktop.viewer.edits import Edits
from desktop.viewer.information import InformationPanel
from desktop.viewer.top_bar import TopBar


class Editing:
    """Changes the picture that a canvas shows; nothing while it shows none."""

    def __init__(
        self,
        edits: Edits,
        canvas: Canvas,
        top: TopBar,
        information: InformationPanel,
        show_information: Callable[[], None],
    ) -> None:
        self._edits = edits
        self._canvas = canvas
        self._top = top
        self._information = information
        self._show_information = show_information

    def edit(self, **changes: object) -> None:
        """Change the opened picture's facts."""
        self._edits.send(self._canvas.picture, **changes)

    def toggle_favourite(self) -> None:
        """Make the picture a favourite, or no longer."""
        picture = self._canvas.picture
        if picture is not None:
            self.edit(favourite=not picture.favourite)

    def edit_tags(self) -> None:
        """Open the field for a new tag."""
        if not self._edits.allowed:
            self.edit()
            return
        self._show_information()
        self._information.tags.edit()

    def edit_title(self) -> None:
        """Open the field for the title."""
        picture = self._canvas.picture
        if picture is None:
            return
        if not self._edits.allowed:
            self.edit()
            return
        self._top.edit_title(picture.title or picture.name)
