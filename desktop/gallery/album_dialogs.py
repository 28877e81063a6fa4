"""The dialogs about albums: making or changing one, choosing one, and deleting one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from desktop.client.albums import Album
from desktop.look.dialog import AskingDialog
from desktop.look.fields import Choice
from desktop.look.surfaces import label

LONGEST_NAME = 128
LEVELS = (
    (None, "As the album it lies in, or the default"),
    ("open", "Open – plain for those who curate"),
    ("marked", "Marked – names who looks"),
    ("guarded", "Guarded – captures are answered"),
    ("sealed", "Sealed – covered before a capture"),
)


class EditAlbum(AskingDialog):
    """Asks for an album's name, place and protection; `asked` carries the fields as the API names them."""

    asked = Signal(dict)

    def __init__(
        self, albums: Sequence[Album], album: Album | None, inside: str | None, parent: QWidget
    ) -> None:
        title = "New album" if album is None else "Change the album"
        super().__init__(title, "Make album" if album is None else "Save", "primary", parent)
        self.name = QLineEdit("" if album is None else album.name)
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setAccessibleName("Name")
        self.place = Choice()
        self.place.setAccessibleName("Lies in")
        self.place.addItem("No other album", None)
        for other in _not_below(albums, album):
            self.place.addItem("    " * other.depth + other.name, other.id)
        self.place.setCurrentIndex(max(0, self.place.findData(inside if album is None else album.parent_id)))
        self.level = Choice()
        self.level.setAccessibleName("Protection")
        for level, words in LEVELS:
            self.level.addItem(words, level)
        self.level.setCurrentIndex(max(0, self.level.findData(None if album is None else album.own_level)))
        self.shared = QCheckBox("Who may see the album it lies in may see this one")
        self.shared.setChecked(album is None or album.inherits)
        for words, field in (("Name", self.name), ("Lies in", self.place), ("Protection", self.level)):
            self.column.addWidget(label(words, "normal"))
            self.column.addWidget(field)
        self.column.addWidget(self.shared)
        self.finish()
        self.name.textChanged.connect(lambda text: self.do.setEnabled(bool(text.strip())))
        self.do.setEnabled(bool(self.name.text().strip()))
        self.name.setFocus()
        self.name.selectAll()

    def _ask(self) -> None:
        self.do.setEnabled(False)
        self.asked.emit(
            {
                "name": self.name.text(),
                "parent_id": self.place.currentData(),
                "level": self.level.currentData(),
                "inherits": self.shared.isChecked(),
            }
        )


class ChooseAlbum(AskingDialog):
    """Asks which album a picture goes into; `asked` carries its id."""

    asked = Signal(str)

    def __init__(self, albums: Sequence[Album], picture: str, parent: QWidget) -> None:
        super().__init__("Add to an album", "Add", "primary", parent)
        self.album = Choice()
        self.album.setAccessibleName("Album")
        for album in albums:
            self.album.addItem("    " * album.depth + album.name, album.id)
        self.column.addWidget(label(picture, "normal", wrap=True))
        self.column.addWidget(self.album)
        self.finish()
        self.album.setFocus()

    def _ask(self) -> None:
        self.do.setEnabled(False)
        self.asked.emit(str(self.album.currentData()))


class DeleteAlbum(AskingDialog):
    """Asks whether an album is to be deleted."""

    asked = Signal()

    def __init__(self, album: Album, parent: QWidget) -> None:
        super().__init__(f"Delete “{album.name}”?", "Delete", "danger", parent)
        words = (
            "Its pictures stay in the library, without the protection that the album gave them. "
            "Nobody keeps a grant of it."
        )
        self.column.addWidget(label(words, "normal", wrap=True))
        self.finish()

    def _ask(self) -> None:
        self.do.setEnabled(False)
        self.asked.emit()


def _not_below(albums: Sequence[Album], album: Album | None) -> list[Album]:
    """Return the albums that one may lie in: not itself, and none that lies in it."""
    if album is None:
        return list(albums)
    inside = {album.id}
    found = []
    for other in albums:  # parents come first
        if other.id in inside or other.parent_id in inside:
            inside.add(other.id)
        else:
            found.append(other)
    return found
