"""The library page: sidebar, tool bar, grid and status bar, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from desktop.background import Background
from desktop.canvas.deliveries import Deliveries
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.shield_page import ShieldPage, ShieldReason
from desktop.client.albums import Album, Albums
from desktop.client.errors import Failure
from desktop.client.models import GalleryFolder, ImportProgress, Library
from desktop.gallery.album_desk import AlbumDesk
from desktop.gallery.choice import Choice
from desktop.gallery.empty import explain_empty
from desktop.gallery.grid import Grid
from desktop.gallery.library_model import Catalogue, LibraryModel
from desktop.gallery.rail import Rail
from desktop.gallery.refused import Refusals, RefusedDialog
from desktop.gallery.sidebar import OtherPage, Sidebar
from desktop.gallery.status_bar import StatusBar
from desktop.gallery.tool_bar import ToolBar
from desktop.gallery.upload_desk import UploadDesk, Uploads
from desktop.look import boxes
from desktop.look.appearance import Appearance
from desktop.look.notice import Notice
from desktop.look.tokens import RAIL

RECOUNT_MS = 1000


class Server(Catalogue, Refusals, Uploads, Protocol):
    """What the page asks of the server (`client.api.Gallery`)."""

    @property
    def albums(self) -> Albums:
        """Give what can be asked about albums."""

    async def library(self) -> Library:
        """Fetch counts, folders and months."""

    async def gallery(self) -> GalleryFolder:
        """Fetch which folder is watched."""

    async def imports(self) -> ImportProgress:
        """Fetch how far the import is."""


class LibraryPage(QWidget):
    """Everything around the grid; knows no other page."""

    open_requested = Signal(str)
    page_requested = Signal(str)
    explain_requested = Signal()

    def __init__(
        self,
        look: Appearance,
        server: Server,
        background: Background,
        thumbnails: Deliveries,
        overlay: MarkOverlay,
        pages: Sequence[OtherPage],
        *,
        side_panel: QWidget | None = None,
    ) -> None:
        super().__init__()
        self._look = look
        self._server = server
        self._background = background
        self.model = LibraryModel(server, background, self)
        self.sidebar = Sidebar(look, pages)
        self.tools = ToolBar(look, information=side_panel is not None)
        self.grid = Grid(look, self.model, thumbnails, overlay)
        self.rail = Rail(look, self.grid)
        self.status = StatusBar(look)
        self._notice = Notice(look, self.grid)
        self._shield = ShieldPage(look, self.grid, "Pictures hidden")
        self._side = side_panel
        self._folder: GalleryFolder | None = None
        self._begun = False
        self._recount = QTimer(self)
        self._recount.setSingleShot(True)
        self._recount.setInterval(RECOUNT_MS)
        self._recount.timeout.connect(self._count)
        self.albums = AlbumDesk(
            server.albums,
            background,
            self,
            selected=lambda: self.grid.current,
            chosen=lambda: self.model.choice.album,
        )
        self.uploads = UploadDesk(look, server, background, self)
        self._regroup = False
        self._lay_out()
        self._connect()

    def begin(self) -> None:
        """Fetch everything for the person who has signed in, unless that was done since `end`."""
        if self._begun:
            return
        self._begun = True
        self.status.show_server("Server ready")
        self.model.reload()
        self._count()
        self._background.run(self._server.imports(), self.status.show_import, self._ignore, self)

    def end(self) -> None:
        """Forget everything (lock, sign-out)."""
        self._begun = False
        self._recount.stop()
        self._regroup = False
        self.model.clear()
        self.grid.forget()
        self.albums.begin(None)
        self.uploads.begin(None)

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Take a live event of the server."""
        if not self._begun:
            return
        if kind == "import_progress":
            self.status.show_import(ImportProgress.read(data))
        elif kind.startswith("picture_") or kind == "gallery_changed":
            self.model.on_event(kind, data)
            self._count_soon()
        elif kind in ("album_changed", "grants_changed"):
            # Levels and rights of any picture may have changed; many such changes come together.
            self._regroup = True
            self._count_soon()

    def server_came_back(self) -> None:
        """Fetch anew what may have been missed."""
        self.status.show_server("Server ready")
        if not self._begun:
            return
        self.grid.retry()
        self.model.reload()
        self._count()

    def server_went_away(self) -> None:
        """Say that the server is being restarted; what is in memory stays in view."""
        self.status.show_server("Server is restarting", "caution")

    def set_shielded(self, reason: ShieldReason | None) -> None:
        """Hide all pictures and say why, or show them again."""
        self.grid.set_shielded(reason is not None)
        if reason is None:
            self._shield.clear()
        else:
            self._shield.show_reason(reason)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Give what this page does for the actions of the program."""
        information = {"panel.information": self.tools.information.toggle} if self._side is not None else {}
        return (
            information
            | self.albums.handlers()
            | self.uploads.handlers()
            | {
                "picture.open": self._open_current,
                "search": self.tools.search,
                "panel.sidebar": self._toggle_sidebar,
                "go.all": lambda: self.sidebar.choose("all"),
                "go.recent": lambda: self.sidebar.choose("recent"),
                "go.favourites": lambda: self.sidebar.choose("favourites"),
                "go.picks": lambda: self.sidebar.choose("picks"),
            }
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep what lies over the grid as large as the grid."""
        if event.type() == QEvent.Type.Resize:
            self._notice.setGeometry(self.grid.rect())
            self._shield.setGeometry(self.grid.rect())
            self.rail.setGeometry(self.grid.width() - RAIL, 0, RAIL, self.grid.height())
        return False

    def _lay_out(self) -> None:
        middle = boxes.row()
        middle.addWidget(self.grid, 1)
        if self._side is not None:
            self._side.hide()
            middle.addWidget(self._side)
        right = boxes.column()
        right.addWidget(self.tools)
        right.addLayout(middle, 1)
        upper = boxes.row()
        upper.addWidget(self.sidebar)
        upper.addLayout(right, 1)
        column = boxes.column(self)
        column.addLayout(upper, 1)
        column.addWidget(self.status)

    def _connect(self) -> None:
        self.grid.installEventFilter(self)
        self.grid.opened.connect(self.open_requested)
        self.grid.month_changed.connect(self.rail.show_current)
        self.rail.month_chosen.connect(self.grid.go_to_month)
        self.sidebar.view_chosen.connect(self._choose_view)
        self.sidebar.albums.new_wanted.connect(self.albums.new)
        self.sidebar.albums.menu_wanted.connect(self.albums.menu)
        self.albums.changed.connect(self._take_albums)
        self.installEventFilter(self.uploads)
        self.uploads.allowed_changed.connect(self._offer_uploads)
        self.uploads.told.connect(self.status.show_sending)
        self.status.sending.cancelled.connect(self.uploads.cancel)
        self.tools.add.clicked.connect(self.uploads.choose)
        self.sidebar.page_chosen.connect(self.page_requested)
        self.tools.searched.connect(lambda query: self._choose(query=query))
        self.tools.stars_chosen.connect(lambda stars: self._choose(stars=stars))
        self.tools.row_height_chosen.connect(self.grid.set_row_height)
        self.tools.grid_wanted.connect(self.grid.setFocus)
        self.tools.information_toggled.connect(self._show_side)
        self.status.refused_requested.connect(self._show_refused)
        self.model.changed.connect(self._list_changed)
        self.model.state_changed.connect(self._list_changed)
        self._notice.acted.connect(self.model.reload)
        self._shield.explain_requested.connect(self.explain_requested)

    # What was asked for

    def _open_current(self) -> None:
        current = self.grid.current
        if current is not None:
            self.open_requested.emit(current.id)

    def _offer_uploads(self, allowed: bool) -> None:
        self.setAcceptDrops(allowed)
        self.tools.add.setVisible(allowed)

    def _toggle_sidebar(self) -> None:
        self.sidebar.setVisible(not self.sidebar.isVisible())

    def _show_side(self, shown: bool) -> None:
        if self._side is not None:
            self._side.setVisible(shown)

    def _choose_view(self, view: str, folder: str | None, album: str | None) -> None:
        self._choose(view=view, folder=folder, album=album)
        self.grid.verticalScrollBar().setValue(0)

    def _choose(self, **changes: Any) -> None:
        choice: Choice = replace(self.model.choice, **changes)
        if choice != self.model.choice:
            self.model.choose(choice)

    def _show_refused(self) -> None:
        RefusedDialog.fetched(self._look, self._server, self._background, self).open()

    # What the server says

    def _count_soon(self) -> None:
        if not self._recount.isActive():
            self._recount.start()

    def _count(self) -> None:
        if self._regroup:
            self._regroup = False
            self.model.reload()
        self.albums.fetch()
        self._background.run(self._server.library(), self._take_library, self._ignore, self)
        self._background.run(self._server.gallery(), self._take_gallery, self._ignore, self)

    def _take_library(self, library: Library) -> None:
        self.sidebar.show_library(library)
        self.status.show_count(library.counts.get("all", 0))

    def _take_albums(self, albums: tuple[Album, ...]) -> None:
        self.sidebar.albums.set_editable(self.albums.allowed)
        self.sidebar.show_albums(albums)

    def _take_gallery(self, folder: GalleryFolder) -> None:
        self._folder = folder
        self.status.show_refused(folder.refused)
        self._list_changed()

    def _ignore(self, failure: Failure) -> None:
        """Leave the old numbers; the list itself says when the server is away."""

    def _list_changed(self) -> None:
        self.rail.show_months([group.key for group in self.model.groups()])
        self.rail.raise_()
        if self.model.pictures:
            self._notice.hide()
        else:
            explain_empty(self._notice, self.model, self._folder)
