"""The sidebar: what can be looked at, and the other pages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.client.albums import Album
from desktop.client.models import Folder, Library
from desktop.gallery.album_list import AlbumList
from desktop.gallery.nav_row import NavRow
from desktop.look.appearance import Appearance
from desktop.look.surfaces import head, label
from desktop.look.tokens import SIDEBAR

VIEWS = (
    ("all", "image", "All photos"),
    ("recent", "clock", "Recently added"),
    ("favourites", "heart", "Favourites"),
    ("picks", "list-checks", "Picks"),
)


@dataclass(frozen=True)
class OtherPage:
    """A page that the sidebar leads to."""

    id: str
    icon: str
    name: str


def folders_shown(folders: Sequence[Folder], chosen: str | None) -> list[Folder]:
    """Choose the folders of a tree that is open along the chosen one, below its first two levels."""
    shown = []
    for folder in folders:
        parent = folder.path.rsplit("/", 1)[0] if "/" in folder.path else ""
        on_the_way = chosen is not None and (chosen == parent or chosen.startswith(f"{parent}/"))
        if folder.depth <= 1 or (on_the_way and parent):
            shown.append(folder)
    return shown


class Sidebar(QWidget):
    """Views, albums, folders, pages; `view_chosen` carries a view, and a folder's path or an album's id."""

    view_chosen = Signal(str, object, object)
    page_chosen = Signal(str)

    def __init__(self, look: Appearance, pages: Sequence[OtherPage], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._folders: tuple[Folder, ...] = ()
        self._albums: tuple[Album, ...] = ()
        self._chosen: tuple[str, str | None, str | None] = ("all", None, None)
        self.setFixedWidth(SIDEBAR)
        self._rows = {view: NavRow(look, icon, name) for view, icon, name in VIEWS}
        for view, row in self._rows.items():
            row.clicked.connect(lambda checked=False, view=view: self._choose(view, None))
        self.albums = AlbumList(look)
        self.albums.chosen.connect(lambda album: self._choose("all", None, album))
        self._folder_head = head("Folders", look.fonts)
        self._folder_head.hide()
        self._tree = QWidget()
        self._tree_column = QVBoxLayout(self._tree)
        self._tree_column.setContentsMargins(0, 0, 0, 0)
        self._tree_column.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 8, 12)
        column.setSpacing(2)
        column.addLayout(self._make_title())
        column.addWidget(self._make_middle(), 1)
        self._pages = {page.id: NavRow(look, page.icon, page.name) for page in pages}
        self._page: str | None = None
        for page_id, row in self._pages.items():
            row.clicked.connect(lambda checked=False, page=page_id: self.page_chosen.emit(page))
            column.addWidget(row)
        look.changed.connect(self._refresh)
        self._refresh()
        self._mark_chosen()

    def show_library(self, library: Library) -> None:
        """Take the counts and folders."""
        for view, row in self._rows.items():
            row.set_count(library.counts.get(view))
        if library.folders != self._folders:
            self._folders = library.folders
            self._build_tree()

    def show_albums(self, albums: tuple[Album, ...]) -> None:
        """Take the albums; who looks at one that is gone looks at everything again."""
        self._albums = albums
        chosen = self._chosen[2]
        self.albums.show_albums(albums, chosen)
        self._mark_chosen()
        if chosen is not None and chosen not in {album.id for album in albums}:
            self._choose("all", None)

    def mark_page(self, page: str | None) -> None:
        """Mark which other page is shown; None when it is the library."""
        self._page = page
        self._mark_chosen()

    def show_pages(self, pages: Collection[str]) -> None:
        """Offer only these of the other pages: a role may not open all of them."""
        for page_id, row in self._pages.items():
            row.setVisible(page_id in pages)

    def choose(self, view: str) -> None:
        """Show a view, as if it had been clicked."""
        self._choose(view, None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panel and its edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("panel"))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), self._look.colour("line"))
        painter.end()

    def _make_title(self) -> QHBoxLayout:
        self._logo = QLabel()
        title = label("VaultSecure", "title")
        title.setStyleSheet("font-size: 14px; font-weight: 700;")
        row = QHBoxLayout()
        row.setContentsMargins(11, 18, 0, 18)
        row.setSpacing(10)
        row.addWidget(self._logo)
        row.addWidget(title, 1)
        return row

    def _make_middle(self) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(2)
        for row in self._rows.values():
            column.addWidget(row)
        column.addWidget(self.albums)
        self._folder_head.setContentsMargins(10, 20, 0, 8)
        column.addWidget(self._folder_head)
        column.addWidget(self._tree)
        column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        inside.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        return area

    def _build_tree(self) -> None:
        while (item := self._tree_column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for folder in folders_shown(self._folders, self._chosen[1]):
            row = NavRow(self._look, "folder", folder.name, depth=min(folder.depth, 4))
            row.set_count(folder.count)
            row.setToolTip(folder.path)
            row.setProperty("folder", folder.path)
            row.clicked.connect(lambda checked=False, path=folder.path: self._choose("all", path))
            self._tree_column.addWidget(row)
        self._folder_head.setVisible(bool(self._folders))
        self._mark_chosen()

    def _choose(self, view: str, folder: str | None, album: str | None = None) -> None:
        if (view, folder, album) != self._chosen:
            self._chosen = (view, folder, album)
            self._build_tree()
            self.albums.show_albums(self._albums, album)
        # Also when it was chosen already: it may have been left for another page.
        self.view_chosen.emit(view, folder, album)
        self._mark_chosen()

    def _mark_chosen(self) -> None:
        view, folder, album = self._chosen
        self.albums.mark(album if self._page is None else None)
        for name, row in self._rows.items():
            row.setChecked(self._page is None and folder is None and album is None and name == view)
        for page_id, row in self._pages.items():
            row.setChecked(page_id == self._page)
        for number in range(self._tree_column.count()):
            item = self._tree_column.itemAt(number)
            row_widget = None if item is None else item.widget()
            if isinstance(row_widget, NavRow):
                path = row_widget.property("folder")
                row_widget.setChecked(self._page is None and album is None and path == folder)

    def _refresh(self) -> None:
        accent = self._look.palette.accent
        self._logo.setPixmap(self._look.icons.pixmap("vaultsecure", 20, accent, self.devicePixelRatioF()))
        self._logo.setFixedSize(QSize(20, 20))
        self.update()
