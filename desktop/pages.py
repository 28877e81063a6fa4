"""Which page is shown, and the way back to where somebody was before the program was locked."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.client.models import Account, Picture
from desktop.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Place:
    """Where one person was: a page beside the sidebar, and the picture that was open over it."""

    account: str
    page: QWidget
    picture_id: str | None


class Pages(QObject):
    """Leads from page to page; `turned` tells whenever another one is shown."""

    turned = Signal()

    def __init__(self, rooms: Rooms) -> None:
        super().__init__()
        self._rooms = rooms
        self._window = rooms.window
        self._account: Account | None = None
        self._left: Place | None = None
        self._alone = False
        rooms.library.open_requested.connect(self.open_picture)
        rooms.library.page_requested.connect(self.choose)
        rooms.library.sidebar.view_chosen.connect(lambda *_: self.show_beside(rooms.library))
        rooms.library.model.changed.connect(self._list_changed)
        rooms.trace.panel.activity_requested.connect(lambda: self.choose("activity"))
        rooms.activity.leak_chosen.connect(self._trace)
        rooms.viewer.back_requested.connect(self.back)
        rooms.viewer.full_screen_requested.connect(self._window.toggle_full_screen)
        rooms.viewer.picture_opened.connect(lambda _id: self.turned.emit())
        rooms.viewer.picture_updated.connect(rooms.library.model.take)
        self._window.full_screen_changed.connect(rooms.viewer.set_full_screen)

    def begin(self, account: Account) -> None:
        """Show the first page of whoever signed in, or where the same person was before."""
        rooms = self._rooms
        self._account = account
        self.show_beside(rooms.library if account.sees_pictures else rooms.activity)
        left, self._left = self._left, None
        if left is None or left.account != account.name or not self._may_open(left.page):
            return
        if left.page is not rooms.library:
            self.show_beside(left.page)
        if left.picture_id is not None:
            self._open_when_listed(left.picture_id)

    def end(self, *, come_back: bool) -> None:
        """Show the entry; with `come_back` the same person returns to this place."""
        rooms = self._rooms
        picture = rooms.viewer.picture if self._window.page is rooms.viewer else None
        page = rooms.frame.page
        self._left = None
        if come_back and page is not None and self._account is not None:
            self._left = Place(self._account.name, page, None if picture is None else picture.id)
        self._account = None
        self._alone = False
        self.show_entry()

    def show_entry(self) -> None:
        """Show the pages before the gallery."""
        if self._window.isFullScreen():
            self._window.showNormal()
        self._window.show_page(self._rooms.entry)

    def show_beside(self, page: QWidget) -> None:
        """Show one of the pages beside the sidebar."""
        rooms = self._rooms
        names: dict[QWidget, tuple[str | None, str]] = {
            rooms.library: (None, ""),
            rooms.activity: ("activity", "Activity"),
            rooms.people: ("people", "People"),
            rooms.trace: ("trace", "Trace a leak"),
            rooms.settings: ("settings", "Settings"),
        }
        row, title = names[page]
        if self._window.page is rooms.viewer:
            rooms.viewer.close_picture()
        self._alone = False
        if page is rooms.library:
            rooms.library.begin()
        rooms.frame.show_page(page)
        rooms.library.sidebar.mark_page(row)
        self._window.show_page(rooms.frame, title)
        (rooms.library.grid if page is rooms.library else page).setFocus()
        self.turned.emit()

    def choose(self, name: str) -> None:
        """Show a page by its name in the sidebar, if this person may."""
        rooms = self._rooms
        page = {
            "activity": rooms.activity,
            "people": rooms.people,
            "trace": rooms.trace,
            "settings": rooms.settings,
        }[name]
        if self._may_open(page):
            self.show_beside(page)
        else:
            self._window.toast.say("Your role does not open this page.", "caution", "Ask an admin.")

    def open_picture(self, picture_id: str) -> None:
        """Show one picture of the library's list."""
        rooms = self._rooms
        rooms.viewer.show_list(rooms.library.model.pictures)
        self._window.show_page(rooms.viewer, "Picture")
        rooms.viewer.open(picture_id)
        self.turned.emit()

    def begin_alone(self, account: Account, picture: Picture) -> None:
        """Show one picture that stands in no list; the library is fetched when somebody goes to it."""
        rooms = self._rooms
        self._account, self._alone = account, True
        rooms.viewer.show_list((picture,))
        self._window.show_page(rooms.viewer, "Picture")
        rooms.viewer.open(picture.id)
        self.turned.emit()

    def back(self) -> None:
        """Go from the opened picture to the grid, to its place in it."""
        picture = self._rooms.viewer.picture
        self.show_beside(self._rooms.library)
        if picture is not None:
            self._rooms.library.grid.select(picture.id)

    def escape(self) -> None:
        """Leave the full screen first, then the picture."""
        if self._window.isFullScreen():
            self._window.toggle_full_screen()
        else:
            self._rooms.viewer.handlers()["go.back"]()

    def _trace(self, leak: object) -> None:
        """Trace what was dropped on the activity page."""
        self.choose("trace")
        if isinstance(leak, Path | bytes) and self._rooms.frame.page is self._rooms.trace:
            self._rooms.trace.begin(leak)

    def _may_open(self, page: QWidget) -> bool:
        if self._account is None:
            return False
        if page in (self._rooms.activity, self._rooms.trace):
            return self._account.reads_records
        if page is self._rooms.people:
            return self._account.administers
        return page is self._rooms.settings or self._account.sees_pictures

    def _open_when_listed(self, picture_id: str) -> None:
        model = self._rooms.library.model

        def look() -> None:
            gone = self._account is None
            if gone or model.index_of(picture_id) is not None:
                model.changed.disconnect(look)
                if not gone:
                    self.open_picture(picture_id)

        model.changed.connect(look)

    def _list_changed(self) -> None:
        rooms = self._rooms
        if self._window.page is rooms.viewer and not self._alone:
            rooms.viewer.show_list(rooms.library.model.pictures)
        self.turned.emit()
