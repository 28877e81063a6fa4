"""The albums in the sidebar: a lock on those whose pictures are guarded, a book on the others."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.client.albums import Album
from desktop.gallery.nav_row import NavRow
from desktop.look.appearance import Appearance
from desktop.look.buttons import IconButton
from desktop.look.surfaces import head

DEEPEST = 4
BUTTON = 24


def albums_shown(albums: Sequence[Album], chosen: str | None) -> list[Album]:
    """Choose the albums of a tree that is open along the chosen one."""
    parents = {album.id: album.parent_id for album in albums}
    open_ones, one = set(), chosen
    while one is not None and one not in open_ones:
        open_ones.add(one)
        one = parents.get(one)
    return [album for album in albums if album.parent_id is None or album.parent_id in open_ones]


class AlbumList(QWidget):
    """Head and rows; `menu_wanted` carries an album's id and where on the screen."""

    chosen = Signal(str)
    new_wanted = Signal()
    menu_wanted = Signal(str, QPoint)

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._albums: tuple[Album, ...] = ()
        self._open: str | None = None
        self._new = IconButton(look, "plus", "New album", self.new_wanted.emit, size=14)
        self._new.setFixedSize(BUTTON, BUTTON)
        title = QHBoxLayout()
        title.setContentsMargins(10, 14, 4, 2)
        title.addWidget(head("Albums", look.fonts), 1)
        title.addWidget(self._new)
        self._rows = QVBoxLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(title)
        column.addLayout(self._rows)
        self.set_editable(False)

    def set_editable(self, editable: bool) -> None:
        """Offer to make albums, or only show those that there are."""
        self._new.setVisible(editable)
        self.setVisible(editable or bool(self._albums))

    def show_albums(self, albums: tuple[Album, ...], chosen: str | None) -> None:
        """Take the tree, and which album is looked at."""
        before, self._albums = self._albums, albums
        if (albums, chosen) != (before, self._open):
            self._open = chosen
            self._build()
        self.setVisible(not self._new.isHidden() or bool(albums))

    def mark(self, chosen: str | None) -> None:
        """Mark the row of an album, or none."""
        for row in self._all_rows():
            row.setChecked(row.property("album") == chosen)

    def _build(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for album in albums_shown(self._albums, self._open):
            icon = "lock" if album.guarded else "book-marked"
            row = NavRow(self._look, icon, album.name, depth=min(album.depth, DEEPEST))
            row.set_count(album.count)
            row.setToolTip(f"{album.name} – {album.level}")
            row.setProperty("album", album.id)
            row.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            row.clicked.connect(lambda checked=False, one=album.id: self.chosen.emit(one))
            row.customContextMenuRequested.connect(
                lambda point, row=row, one=album.id: self.menu_wanted.emit(one, row.mapToGlobal(point))
            )
            self._rows.addWidget(row)

    def _all_rows(self) -> list[NavRow]:
        items = (self._rows.itemAt(number) for number in range(self._rows.count()))
        return [item.widget() for item in items if item is not None and isinstance(item.widget(), NavRow)]  # type: ignore[misc]  # the test says that it is one
