"""The viewer page: one picture of a list, its neighbours ready, and everything that can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.background import Background
from desktop.canvas.canvas import Canvas
from desktop.canvas.deliveries import Deliveries
from desktop.canvas.loading import Ahead
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.shield_page import ShieldReason
from desktop.client.models import Account, Picture
from desktop.look import boxes
from desktop.look.appearance import Appearance
from desktop.look.toast import Toast
from desktop.viewer.commands import viewer_commands
from desktop.viewer.detail import DetailLoad, Details
from desktop.viewer.editing import Editing
from desktop.viewer.edits import Curation, Edits
from desktop.viewer.filmstrip import Filmstrip
from desktop.viewer.information import InformationPanel
from desktop.viewer.slideshow import Slideshow
from desktop.viewer.stage import Stage
from desktop.viewer.top_bar import TopBar
from desktop.viewer.walk import Walk


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
        background: Background,
        pictures: Deliveries,
        thumbnails: Deliveries,
        overlay: MarkOverlay,
    ) -> None:
        super().__init__()
        self._look = look
        self._walk = Walk()
        self._hidden: ShieldReason | None = None
        self.top = TopBar(look)
        self.stage = Stage(look, pictures, thumbnails, overlay)
        self.filmstrip = Filmstrip(look, thumbnails, overlay)
        self.information = InformationPanel(look)
        self._detail = DetailLoad(server, background, self.information)
        self._toast = Toast(look, self)
        self._ahead = Ahead(pictures, self)
        self.slideshow = Slideshow(lambda: self.show_place(self._walk.place + 1), self)
        self.edits = Edits(server, background, self)
        self.editing = Editing(
            self.edits, self.canvas, self.top, self.information, lambda: self._show_information(True)
        )
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
        self._walk.pictures = list(pictures)
        opened = self.picture
        if opened is None:
            return
        place = self._walk.find(opened.id)
        if place is not None:
            self._walk.place = place
            self.canvas.refresh_picture(self._walk.here)
            self._show_facts()
        elif pictures:
            self._toast.say(f"{opened.title or opened.name} is no longer in this list.", "caution")
            self._walk.place = min(self._walk.place, len(pictures) - 1)
            self._show()
        else:
            self.close_picture()
            self.back_requested.emit()

    def open(self, picture_id: str) -> None:
        """Open a picture of the list."""
        place = self._walk.find(picture_id)
        if place is None:
            raise KeyError(picture_id)
        self.show_place(place)
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
        place = self._walk.find(picture.id)
        if place is None or self.picture is None:
            return
        self._walk.pictures = [*self._walk.pictures[:place], picture, *self._walk.pictures[place + 1 :]]
        if self.picture.id == picture.id:
            self.canvas.refresh_picture(picture)
            self._show_facts()
            self._detail.show(picture.id)

    def set_shielded(self, reason: ShieldReason | None) -> None:
        """Hide every picture and say why, or show them again."""
        self._hidden = reason
        self.stage.set_shielded(reason)
        self.filmstrip.set_shielded(reason is not None)
        self.top.show_hidden(reason)
        self.information.set_shielded(reason is not None)
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
        if self._walk.step(step):
            self._show()

    def show_place(self, place: int) -> None:
        """Open a picture by its place in the list; past either end it begins again."""
        if len(self._walk):
            self._walk.go(place)
            self._show()

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

    def toggle_information(self) -> None:
        """Show or hide the information panel."""
        self._show_information(not self.information.isVisible())

    def toggle_histogram(self) -> None:
        """Show or hide the histogram."""
        self._show_information(True)
        self.information.toggle_histogram()

    def compare(self) -> None:
        """Show the next picture beside this one, or one alone again."""
        other = None if self.stage.comparing else self._walk.companion()
        if other is not None:
            self.slideshow.pause()
        self.stage.compare_with(other)
        self.top.show_comparing(other is not None)

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
        left = boxes.column()
        left.addWidget(self.top)
        left.addWidget(self.stage, 1)
        left.addWidget(self.filmstrip)
        row = boxes.row(self)
        row.addLayout(left, 1)
        row.addWidget(self.information)
        self.top.info.setChecked(True)

    def _connect(self) -> None:
        self.top.back.connect(self.go_back)
        self.top.favourite.connect(self.editing.toggle_favourite)
        self.top.compare.connect(self.compare)
        self.top.play.connect(self.slideshow.toggle)
        self.top.information.connect(lambda: self._show_information(self.top.info.isChecked()))
        self.top.full_screen.connect(self.full_screen_requested)
        self.top.renamed.connect(lambda title: self.editing.edit(title=title or None))
        self.filmstrip.chosen.connect(self.open)
        self.stage.explain_requested.connect(self.explain_requested)
        self.information.closed.connect(lambda: self._show_information(False))
        self.information.rated.connect(lambda stars: self.editing.edit(rating=stars))
        self.information.tags_changed.connect(lambda tags: self.editing.edit(tags=list(tags)))
        self.slideshow.changed.connect(self.top.show_playing)
        self.edits.changed.connect(self.update_picture)
        self.edits.changed.connect(self.picture_updated)
        self.edits.refused.connect(lambda words, advice: self._toast.say(words, "caution", advice))

    def _show(self) -> None:
        picture = self._walk.here
        self.canvas.show_picture(picture)
        if self.stage.comparing:
            self.stage.compare_with(self._walk.companion())
        self._show_facts()
        self.slideshow.shown()
        self._detail.show(picture.id)
        self._prepare()
        self.picture_opened.emit(picture.id)
        self.shown_level_changed.emit(self.shown_level())

    def _show_facts(self) -> None:
        self.top.show_picture(self._walk.here, self._walk.place, len(self._walk))
        self.top.show_hidden(self._hidden)
        self.filmstrip.show_pictures(self._walk.pictures, self._walk.place)
        self.information.show_rating(self._walk.here)

    def _prepare(self) -> None:
        """Have ready what will probably be opened next."""
        if self.picture is not None and not self._hidden:
            canvas = self.canvas
            ratio = canvas.devicePixelRatioF()
            self._ahead.prepare(self._walk.likely_next(), canvas.width(), canvas.height(), ratio)

    def _show_information(self, shown: bool) -> None:
        self.information.setVisible(shown)
        self.top.info.setChecked(shown)
