"""Fetches the albums, and makes, changes, fills and deletes them through dialogs; lives on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QDialog, QMenu, QWidget

from desktop.background import Background
from desktop.client.albums import AddedPictures, Album, Albums
from desktop.client.errors import Failure
from desktop.client.models import Account, Picture
from desktop.gallery.album_dialogs import ChooseAlbum, DeleteAlbum, EditAlbum


class AlbumDesk(QObject):
    """What can be done with albums; `said` carries words, their tone and advice for the person."""

    changed = Signal(tuple)
    said = Signal(str, str, str)

    def __init__(
        self,
        albums: Albums,
        background: Background,
        page: QWidget,
        *,
        selected: Callable[[], Picture | None],
        chosen: Callable[[], str | None],
    ) -> None:
        super().__init__(page)
        self._server = albums
        self._background = background
        self._page = page
        self._selected = selected
        self._chosen = chosen
        self._account: Account | None = None
        self.albums: tuple[Album, ...] = ()

    @property
    def allowed(self) -> bool:
        """Say whether the signed-in person may change albums."""
        return self._account is not None and self._account.curates

    def begin(self, account: Account | None) -> None:
        """Take the person who signed in; None forgets the albums."""
        self._account = account
        if account is None:
            self._take(())

    def fetch(self) -> None:
        """Fetch the tree; where that fails the old one stays, and the list says why."""
        self._background.run(self._server.all(), self._take, lambda failure: None, self)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Give what this does for the actions of the program."""
        return {
            "album.new": self.new,
            "album.edit": lambda: self._with(self._chosen(), self.edit),
            "album.delete": lambda: self._with(self._chosen(), self.delete),
            "album.add": self.add,
            "album.remove": self.remove,
        }

    def menu(self, album_id: str, point: QPoint) -> None:
        """Offer what can be done with an album."""
        album = self._find(album_id)
        if album is None or not self.allowed:
            return
        menu = QMenu(self._page)
        menu.addAction("Add the selected picture", lambda: self._add_to(album.id, None))
        menu.addAction("Rename or protect…", lambda: self.edit(album))
        menu.addAction("New album in it…", lambda: self.new(album.id))
        menu.addSeparator()
        menu.addAction("Delete…", lambda: self.delete(album))
        menu.popup(point)

    def new(self, inside: str | None = None) -> None:
        """Ask for a new album."""
        if not self._permitted():
            return
        dialog = EditAlbum(self.albums, None, inside, self._page)
        dialog.asked.connect(lambda fields: self._run(self._server.create(**fields), dialog))
        self._open(dialog)

    def edit(self, album: Album) -> None:
        """Ask what is to change of an album."""
        if not self._permitted():
            return
        dialog = EditAlbum(self.albums, album, None, self._page)
        dialog.asked.connect(lambda fields: self._run(self._server.change(album.id, **fields), dialog))
        self._open(dialog)

    def delete(self, album: Album) -> None:
        """Ask whether an album is to be deleted."""
        if not self._permitted():
            return
        dialog = DeleteAlbum(album, self._page)
        dialog.asked.connect(lambda: self._run(self._server.delete(album.id), dialog))
        self._open(dialog)

    def add(self) -> None:
        """Ask into which album the selected picture goes."""
        picture = self._selected()
        if not self._permitted():
            return
        if picture is None or not self.albums:
            words = "Select a picture first." if picture is None else "There is no album yet."
            self.said.emit(words, "normal", "" if picture is None else "Make one with the + beside Albums.")
            return
        dialog = ChooseAlbum(self.albums, picture.title or picture.name, self._page)
        dialog.asked.connect(lambda album_id: self._add_to(album_id, dialog))
        self._open(dialog)

    def remove(self) -> None:
        """Take the selected picture out of the album that is looked at."""
        picture, album = self._selected(), self._find(self._chosen())
        if not self._permitted():
            return
        if picture is None or album is None:
            self.said.emit("Choose an album and a picture in it first.", "normal", "")
            return
        self._background.run(
            self._server.remove(album.id, [picture.id]),
            lambda done: self.said.emit(f"Taken out of {album.name}.", "good", ""),
            self._failed,
            self,
        )

    def _add_to(self, album_id: str, dialog: ChooseAlbum | None) -> None:
        picture, album = self._selected(), self._find(album_id)
        if picture is None or album is None:
            self.said.emit("Select a picture first.", "normal", "")
            return

        def added(done: AddedPictures) -> None:
            words = f"Added to {album.name}." if done.added else f"It is in {album.name} already."
            self.said.emit(words, "good", "")
            if dialog is not None:
                dialog.accept()

        refused = self._failed if dialog is None else _refusing(dialog)
        self._background.run(self._server.add(album_id, [picture.id]), added, refused, self)

    def _run(self, work: Any, dialog: EditAlbum | DeleteAlbum) -> None:
        def done(_answer: object) -> None:
            dialog.accept()
            self.fetch()

        self._background.run(work, done, _refusing(dialog), dialog)

    def _open(self, dialog: QDialog) -> None:
        # Without a window manager nobody else gives the keyboard back.
        dialog.finished.connect(lambda result: self._page.activateWindow())
        dialog.open()

    def _with(self, album_id: str | None, act: Callable[[Album], None]) -> None:
        album = self._find(album_id)
        if album is not None:
            act(album)
        elif self._permitted():
            self.said.emit("Choose an album first.", "normal", "")

    def _permitted(self) -> bool:
        if not self.allowed:
            self.said.emit(
                "You can look at albums, not change them.", "caution", "Ask an admin or a manager."
            )
        return self.allowed

    def _find(self, album_id: str | None) -> Album | None:
        return next((album for album in self.albums if album.id == album_id), None)

    def _take(self, albums: tuple[Album, ...]) -> None:
        self.albums = albums
        self.changed.emit(albums)

    def _failed(self, failure: Failure) -> None:
        self.said.emit(failure.message, "alarm", failure.advice)


def _refusing(dialog: EditAlbum | ChooseAlbum | DeleteAlbum) -> Callable[[Failure], None]:
    return lambda failure: dialog.refuse(failure.message, failure.advice)
