"""What the viewer does for each action of the program's key table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from desktop.canvas.canvas import Canvas
from desktop.viewer.editing import Editing
from desktop.viewer.slideshow import Slideshow


class Page(Protocol):
    """What the actions need of the viewer page."""

    editing: Editing
    slideshow: Slideshow

    @property
    def canvas(self) -> Canvas:
        """The canvas of the opened picture."""

    def step(self, step: int) -> None:
        """Open a neighbour."""

    def show_place(self, place: int) -> None:
        """Open a picture by its place; -1 is the last one."""

    def go_back(self) -> None:
        """Leave compare, slideshow or page."""

    def start_slideshow(self) -> None:
        """Play in full screen."""

    def compare(self) -> None:
        """Show two pictures."""

    def toggle_information(self) -> None:
        """Show or hide the panel."""

    def toggle_histogram(self) -> None:
        """Show or hide the histogram."""


def viewer_commands(page: Page) -> dict[str, Callable[[], None]]:
    """Give the handler of each action, by its id."""
    canvas, editing = page.canvas, page.editing
    stars = {f"rate.{stars}": partial(editing.edit, rating=stars) for stars in range(6)}
    return stars | {
        "picture.next": partial(page.step, 1),
        "picture.previous": partial(page.step, -1),
        "picture.first": partial(page.show_place, 0),
        "picture.last": partial(page.show_place, -1),
        "go.back": page.go_back,
        "slideshow.toggle": page.slideshow.toggle,
        "slideshow.start": page.start_slideshow,
        "compare": page.compare,
        "zoom.in": canvas.zoom_in,
        "zoom.out": canvas.zoom_out,
        "zoom.fit": canvas.fit,
        "zoom.actual": canvas.full_size,
        "zoom.toggle": canvas.toggle,
        "flag.pick": partial(editing.edit, flag="pick"),
        "flag.reject": partial(editing.edit, flag="reject"),
        "flag.clear": partial(editing.edit, flag=None),
        "favourite.toggle": editing.toggle_favourite,
        "tag.edit": editing.edit_tags,
        "title.edit": editing.edit_title,
        "panel.information": page.toggle_information,
        "panel.histogram": page.toggle_histogram,
    }
