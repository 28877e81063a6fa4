"""The viewer page: one picture of a list, its neighbours ready, and everything that can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.canvas.canvas import Canvas
from desktop.canvas.deliveries import Deliveries, Runner
from desktop.canvas.loading import Ahead
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.shield_page import ShieldReason
from desktop.client.models import Account, Picture
from desktop.look.appearance import Appearance
from desktop.look.toast import Toast
from desktop.viewer.commands import viewer_commands
from desktop.viewer.detail import DetailLoad, Details
from desktop.viewer.edits import Curation, Edits
from desktop.viewer.filmstrip import Filmstrip
from desktop.viewer.information import InformationPanel
from desktop.viewer.slideshow import Slideshow
from desktop.viewer.stage import Stage
from desktop.viewer.top_bar import TopBar


class Server(Curation, Details, Protocol):
    """What the page asks of the server (`client.api.Gallery`)."""


class ViewerPage(QWidget):
    """Opens pictures of the list it was given; knows no other page."""

    back_requested = Signal()
    full_screen_requested = Signal()
    explain_requested = Signal()
    picture_opened = Signal(str)
    picture_updated = Signal(object)
    shown_level_changed = Signal(str)

    def __init__(
        self,
        look: Appearance,
        server: Server,
        runner: Runner,
        pictures: Deliveries,
        thumbnails: Deliveries,
        overlay: MarkOverlay,
    ) -> None:
        super().__init__()
        self._look = look
        self._server = server
        self._runner = runner
        self._list: Sequence[Picture] = ()
        self._place = 0
        self._direction = 1
        self._hidden = False
        self.top = TopBar(look)
        self.stage = Stage(look, pictures, thumbnails, overlay)
        self.filmstrip = Filmstrip(look, thumbnails, overlay)
        self.information = InformationPanel(look)
        self._detail = DetailLoad(server, runner, self.information)
        self._toast = Toast(look, self)
        self._ahead = Ahead(pictures, self)
        self.slideshow = Slideshow(lambda: self.show_place(self._place + 1), self)
        self.edits = Edits(server, runner, self)
        self._lay_out()
        self._connect()

    # What is shown

    @property
    def canvas(self) -> Canvas:
        """Give the canvas of the opened picture."""
        return self.stage.canvas

    @property
    def picture(self) -> Picture | None:
        """Give the opened picture."""
        return self.canvas.picture

    def begin(self, account: Account, mark_id: str) -> None:
        """Take the person who signed in."""
        self.edits.begin(account)
        self.information.show_mark(mark_id)
        self.information.set_editable(account.curates)

    def end(self) -> None:
        """Forget everything (lock, sign-out)."""
        self.close_picture()
        self.edits.begin(None)
        self.show_list(())

    def show_list(self, pictures: Sequence[Picture]) -> None:
        """Take the list to go through; the opened picture stays open unless it is gone."""
        self._list = list(pictures)
        opened = self.picture
        if opened is None:
            return
        place = next((n for n, picture in enumerate(self._list) if picture.id == opened.id), None)
        if place is not None:
            self._place = place
            self.canvas.refresh_picture(self._list[place])
            self._show_place(self._list[place])
        elif self._list:
            self._toast.say(f"{opened.title or opened.name} is no longer in this list.", "caution")
            self._show(min(self._place, len(self._list) - 1))
        else:
            self.close_picture()
            self.back_requested.emit()

    def open(self, picture_id: str) -> None:
        """Open a picture of the list."""
        place = next((n for n, picture in enumerate(self._list) if picture.id == picture_id), None)
        if place is None:
            raise KeyError(picture_id)
        self._direction = 1
        self._show(place)
        self.canvas.setFocus()

    def close_picture(self) -> None:
        """Show nothing (the page is left)."""
        self.slideshow.pause()
        self._detail.stop()
        self._ahead.stop()
        self.stage.compare_with(None)
        self.top.show_comparing(False)
        self.canvas.show_picture(None)
        self.information.clear()
        self.shown_level_changed.emit("")

    def update_picture(self, picture: Picture) -> None:
        """Take a picture's changed facts."""
        opened = self.picture
        if opened is not None and opened.id == picture.id:
            self.canvas.refresh_picture(picture)
            self._show_place(picture)
            self._detail.show(picture.id)

    def set_shielded(self, reason: ShieldReason | None) -> None:
        """Hide every picture and say why, or show them again."""
        self._hidden = reason is not None
        self.stage.set_shielded(reason)
        self.filmstrip.set_shielded(reason is not None)
        self.top.show_alarm(reason is not None)
        self.slideshow.wait(reason is not None)
        self.shown_level_changed.emit(self.shown_level())

    def shown_level(self) -> str:
        """Give the strictest level of what is shown; empty when nothing is, or all is hidden."""
        picture = self.picture
        return "" if picture is None or self._hidden or not self.isVisible() else picture.level

    def set_full_screen(self, full: bool) -> None:
        """Show the picture alone, or with everything around it."""
        self.stage.set_bare(full)
        for widget in (self.top, self.filmstrip):
            widget.setVisible(not full)
        self.information.setVisible(not full and self.top.info.isChecked())

    # What can be done

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Give what this page does for the actions of the program."""
        return viewer_commands(self)

    def step(self, step: int) -> None:
        """Open a neighbour in the list."""
        if 0 <= self._place + step < len(self._list):
            self._direction = step
            self._show(self._place + step)

    def show_place(self, place: int) -> None:
        """Open a picture by its place in the list; -1 is the last one."""
        if self._list:
            self._show(place % len(self._list))

    def start_slideshow(self) -> None:
        """Play in full screen."""
        self.slideshow.play()
        self.full_screen_requested.emit()

    def go_back(self) -> None:
        """Leave compare, then the slideshow, then the page."""
        if self.stage.comparing:
            self.compare()
        elif self.slideshow.playing:
            self.slideshow.pause()
        else:
            self.back_requested.emit()

    def edit(self, **changes: object) -> None:
        """Change the opened picture's facts."""
        self.edits.send(self.picture, **changes)

    def toggle_favourite(self) -> None:
        """Make the picture a favourite, or no longer."""
        if self.picture is not None:
            self.edit(favourite=not self.picture.favourite)

    def toggle_information(self) -> None:
        """Show or hide the information panel."""
        self._show_information(not self.information.isVisible())

    def toggle_histogram(self) -> None:
        """Show or hide the histogram."""
        self._show_information(True)
        self.information.toggle_histogram()

    def compare(self) -> None:
        """Show the next picture beside this one, or one alone again."""
        comparing = self.stage.comparing
        other = self._place + 1 if self._place + 1 < len(self._list) else self._place - 1
        if not comparing and 0 <= other < len(self._list):
            self.slideshow.pause()
            self.stage.compare_with(self._list[other])
            self.top.show_comparing(True)
        else:
            self.stage.compare_with(None)
            self.top.show_comparing(False)

    def edit_tags(self) -> None:
        """Open the field for a new tag."""
        if not self.edits.allowed:
            self.edits.send(self.picture)
            return
        self._show_information(True)
        self.information.tags.edit()

    def edit_title(self) -> None:
        """Open the field for the title."""
        picture = self.picture
        if picture is None:
            return
        if not self.edits.allowed:
            self.edits.send(picture)
            return
        self.top.edit_title(picture.title or picture.name)

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Get the neighbours ready for another size."""
        self._prepare()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("stage"))
        painter.end()

    # Inside

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(0)
        left.addWidget(self.top)
        left.addWidget(self.stage, 1)
        left.addWidget(self.filmstrip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.information)
        self.top.info.setChecked(True)

    def _connect(self) -> None:
        self.top.back.connect(self.go_back)
        self.top.favourite.connect(self.toggle_favourite)
        self.top.compare.connect(self.compare)
        self.top.play.connect(self.slideshow.toggle)
        self.top.information.connect(lambda: self._show_information(self.top.info.isChecked()))
        self.top.full_screen.connect(self.full_screen_requested)
        self.top.renamed.connect(lambda title: self.edit(title=title or None))
        self.filmstrip.chosen.connect(self.open)
        self.stage.explain_requested.connect(self.explain_requested)
        self.information.closed.connect(lambda: self._show_information(False))
        self.information.rated.connect(lambda stars: self.edit(rating=stars))
        self.information.tags_changed.connect(lambda tags: self.edit(tags=list(tags)))
        self.slideshow.changed.connect(self.top.show_playing)
        self.edits.changed.connect(self.update_picture)
        self.edits.changed.connect(self.picture_updated)
        self.edits.refused.connect(lambda words, advice: self._toast.say(words, "caution", advice))

    def _show(self, place: int) -> None:
        self._place = place
        picture = self._list[place]
        self.canvas.show_picture(picture)
        if self.stage.comparing:
            other = place + 1 if place + 1 < len(self._list) else place - 1
            self.stage.compare_with(self._list[other] if other >= 0 else None)
        self._show_place(picture)
        self.slideshow.shown()
        self._detail.show(picture.id)
        self._prepare()
        self.picture_opened.emit(picture.id)
        self.shown_level_changed.emit(self.shown_level())

    def _show_place(self, picture: Picture) -> None:
        self.top.show_picture(picture, self._place, len(self._list))
        self.top.show_alarm(self._hidden)
        self.filmstrip.show_pictures(self._list, self._place)
        self.information.show_rating(picture)

    def _prepare(self) -> None:
        """Have the neighbours ready, first those in the direction of travel."""
        if self.picture is None or self._hidden:
            return
        places = [self._place + self._direction * step for step in (1, 2, -1)]
        wanted = [self._list[place] for place in places if 0 <= place < len(self._list)]
        canvas = self.canvas
        self._ahead.prepare(wanted, canvas.width(), canvas.height(), canvas.devicePixelRatioF())

    def _show_information(self, shown: bool) -> None:
        self.information.setVisible(shown)
        self.top.info.setChecked(shown)
