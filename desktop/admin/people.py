"""The people page: who may come in, what each of them sees, and what an admin can do about it."""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.admin.cards import Panel
from desktop.admin.people_desk import PeopleDesk
from desktop.admin.people_table import PeopleTable
from desktop.admin.person_side import PersonSide
from desktop.admin.wording import plural
from desktop.background import Background, LiveEvents, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure, Outage
from desktop.client.people import Person
from desktop.look.appearance import Appearance
from desktop.look.notice import Notice
from desktop.look.surfaces import button, label
from desktop.look.toast import Toast

REFRESH_MS = 15_000
SOON_MS = 300
SEARCH_WIDTH = 260
NARROW = 1000


def utc_now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


class PeoplePage(QWidget):
    """Shows the list, and beside it whoever is selected; only admins come here."""

    failed = Signal(object)

    def __init__(
        self,
        look: Appearance,
        gallery: Gallery,
        background: Background,
        live: LiveEvents,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__()
        self._look = look
        self._server = gallery.people
        self._background = background
        self._task: Task | None = None
        self._fetched = False
        self.desk = PeopleDesk(look, gallery, background, self)
        self.table = PeopleTable(look, clock)
        self.notice = Notice(look)
        self.side = PersonSide(look, gallery.people, background, self.desk, clock)
        self.search = QLineEdit()
        self.add_button = button(" Add a person", "primary")
        self.add_button.setAccessibleName("Add a person")
        self._count = label("", "normal")
        self.toast = Toast(look, self)
        self._lay_out()
        self.setProperty("surface", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._connect(live)
        self._dress()

    def refresh(self) -> None:
        """Fetch everybody again, while the page is in view."""
        if not self.isVisible():
            return
        if self._task is not None:
            self._task.cancel()
        self._task = self._background.run(self._server.all(), self._show_people, self._not_fetched, self)
        self._timer.start(REFRESH_MS)

    def forget(self) -> None:
        """Drop everything that was fetched or is being asked (lock, sign-out)."""
        if self._task is not None:
            self._task.cancel()
        self.desk.forget()
        self.side.forget()
        self._fetched = False
        self.search.clear()
        self.table.people.take(())
        self.table.select(None)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Give what this page does for the actions of the program."""
        return {"people.add": self.desk.add, "search": self._find}

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch what is new."""
        if not self._fetched:
            self._say("loader-circle", "Loading", "Fetching the list of people.")
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width."""
        self.side.set_narrow(self.width() < NARROW)

    def hideEvent(self, event: QHideEvent) -> None:
        """Fetch no more."""
        self._timer.stop()

    def _lay_out(self) -> None:
        self.search.setPlaceholderText("Search people, roles, addresses")
        self.search.setAccessibleName("Search people")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(SEARCH_WIDTH)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(label("People", "large"))
        top.addSpacing(4)
        top.addWidget(self._count)
        top.addStretch(1)
        top.addWidget(self.search)
        top.addWidget(self.add_button)
        self._list = QStackedWidget()
        self._list.addWidget(self.table)
        self._list.addWidget(self.notice)
        # Neither says how wide the list has to be: it shows what there is room for.
        self._list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        box = Panel(self._look)
        box.column.setContentsMargins(8, 0, 8, 6)
        box.column.addWidget(self._list)
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(box, 1)
        below.addWidget(self.side)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 14, 20)
        column.setSpacing(16)
        column.addLayout(top)
        column.addLayout(below, 1)
        top.setContentsMargins(0, 0, 10, 0)

    def _connect(self, live: LiveEvents) -> None:
        live.happened.connect(self._happened)
        live.connected.connect(self._soon)
        self.add_button.clicked.connect(self.desk.add)
        self.search.textChanged.connect(self._search)
        self.table.chosen.connect(self.side.show_person)
        self.side.failed.connect(self._say_failure)
        self.notice.acted.connect(self._again)
        self.desk.said.connect(self.toast.say)
        self.desk.changed.connect(self._changed)
        self.desk.touched.connect(self._person_changed)
        self._look.changed.connect(self._dress)

    # What was fetched

    def _show_people(self, people: tuple[Person, ...]) -> None:
        self._fetched = True
        self.table.people.take(people)
        self._count.setText(plural(len(people), "person", "people"))
        if self.table.selected is None and people:
            self.table.select(people[0].id)
        self._look_at_list()

    def _not_fetched(self, failure: Failure) -> None:
        if self._fetched:
            self.toast.say(failure.message, "alarm", failure.advice)
        else:
            icon = "wifi-off" if isinstance(failure, Outage) else "circle-alert"
            self._say(icon, failure.message, failure.advice, "Try again", "caution")
        self.failed.emit(failure)

    def _look_at_list(self) -> None:
        if self.table.people.shown or not self._fetched:
            self._list.setCurrentWidget(self.table)
        else:
            self._say("search", "Nobody found", "No name, address or role matches. Try fewer letters.")

    def _changed(self, person: Person) -> None:
        self.search.clear()
        self.table.people.take_one(person)
        self.table.select(person.id)
        self._soon()

    def _person_changed(self, account_id: str) -> None:
        self.side.look_again(account_id)
        self._soon()

    def _say_failure(self, failure: Failure) -> None:
        self.toast.say(failure.message, "alarm", failure.advice)

    # What was asked for

    def _search(self, typed: str) -> None:
        self.table.people.search(typed)
        self._look_at_list()

    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _again(self) -> None:
        self._say("loader-circle", "Loading", "Fetching the list of people.")
        self.refresh()

    def _soon(self) -> None:
        if self.isVisible():
            self._timer.start(SOON_MS)

    def _happened(self, kind: str, data: dict[str, object]) -> None:
        if kind == "session_ended":
            self._soon()
        elif kind == "grants_changed" and self.isVisible():
            self.side.fetch_access()

    def _say(self, icon: str, title: str, words: str, action: str = "", tone: str = "faint") -> None:
        self.notice.say(icon, title, words, action, tone)
        self._list.setCurrentWidget(self.notice)

    def _dress(self) -> None:
        icons, palette = self._look.icons, self._look.palette
        self.add_button.setIcon(icons.icon("user-plus", 16, palette.on_accent))
