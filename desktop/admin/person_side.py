"""The column beside the list of people: everything about whoever is selected, fetched when they are."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from desktop.admin.people_cards import AccessCard, LogCard, PersonCard
from desktop.admin.people_desk import PeopleDesk
from desktop.background import Background, Task
from desktop.client.errors import Failure
from desktop.client.people import Access, LogPage, People, Person, Way
from desktop.look.appearance import Appearance

WIDTH, NARROW = 390, 320


class PersonSide(QScrollArea):
    """Shows three cards, or none while nobody is selected; scrolls in a low window."""

    failed = Signal(object)

    def __init__(
        self,
        look: Appearance,
        people: People,
        background: Background,
        desk: PeopleDesk,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._server = people
        self._background = background
        self._desk = desk
        self._tasks: dict[str, Task] = {}
        self._shown: Person | None = None
        self._next_access: str | None = None
        self._next_log: str | None = None
        self.person = PersonCard(look, clock)
        self.access = AccessCard(look)
        self.log = LogCard(look, clock)
        self._lay_out()
        self._connect()

    def show_person(self, person: Person | None) -> None:
        """Show somebody; what hangs on them is fetched where it may have changed."""
        before, self._shown = self._shown, person
        self._inside.setVisible(person is not None)
        if person is None:
            self.forget()
            return
        self.person.show_person(person)
        if before is None or before.id != person.id:
            self.verticalScrollBar().setValue(0)
            self.access.load()
            self.log.load()
        if before != person:
            self.fetch_access()
            self.fetch_log()

    def set_narrow(self, narrow: bool) -> None:
        """Leave more room for the list, in a narrow window."""
        width = NARROW if narrow else WIDTH
        self._inside.setFixedWidth(width)
        self.setFixedWidth(width + 10)

    def look_again(self, account_id: str) -> None:
        """Fetch anew what hangs on somebody, if that is who is shown."""
        if self._shown is not None and self._shown.id == account_id:
            self.fetch_access()
            self.fetch_log()

    def fetch_access(self) -> None:
        """Fetch the first page of what they may see."""

        def arrived(access: Access) -> None:
            if self._shown is not None:
                self._next_access = access.next
                self.access.show_access(self._shown, access)

        if self._shown is not None:
            self._run("access", self._server.access(self._shown.id), arrived, self.access.fail)

    def fetch_log(self) -> None:
        """Fetch the first page of their log."""

        def arrived(page: LogPage) -> None:
            self._next_log = page.next
            self.log.show_log(page)

        if self._shown is not None:
            self._run("log", self._server.log(self._shown.id), arrived, self.log.fail)

    def forget(self) -> None:
        """Drop what was fetched and what is still to come."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._shown = None
        self.access.load()
        self.log.load()

    def _lay_out(self) -> None:
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for card in (self.person, self.access, self.log):
            column.addWidget(card)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setWidget(self._inside)
        self.set_narrow(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)  # setWidget has switched it on
        self._inside.hide()

    def _connect(self) -> None:
        card, desk = self.person, self._desk
        for wanted, act in (
            (card.change, desk.change),
            (card.code, desk.make_code),
            (card.sessions, desk.end_sessions),
            (card.factor, desk.remove_second_factor),
            (card.exemption, desk.exempt_or_end),
            (card.state, desk.close_or_open),
            (self.access.grant, desk.grant),
        ):
            wanted.clicked.connect(self._about_who_is_shown(act))
        self.access.revoke_wanted.connect(self._revoke)
        self.access.more_wanted.connect(self._more_access)
        self.access.again_wanted.connect(self.fetch_access)
        self.log.more_wanted.connect(self._more_log)
        self.log.again_wanted.connect(self.fetch_log)

    def _about_who_is_shown(self, act: Callable[[Person], None]) -> Callable[[], None]:
        def do() -> None:
            if self._shown is not None:
                act(self._shown)

        return do

    def _revoke(self, way: Way) -> None:
        if self._shown is not None:
            self._desk.revoke(self._shown, way)

    def _more_access(self) -> None:
        def arrived(access: Access) -> None:
            self._next_access = access.next
            self.access.append(access)

        if self._shown is not None:
            work = self._server.access(self._shown.id, self._next_access)
            self._run("access", work, arrived, self.failed.emit)

    def _more_log(self) -> None:
        def arrived(page: LogPage) -> None:
            self._next_log = page.next
            self.log.append(page)

        if self._shown is not None:
            self._run("log", self._server.log(self._shown.id, self._next_log), arrived, self.failed.emit)

    def _run(
        self, name: str, coroutine: object, on_done: object, on_failed: Callable[[Failure], None]
    ) -> None:
        if name in self._tasks:
            self._tasks[name].cancel()
        self._tasks[name] = self._background.run(coroutine, on_done, on_failed, self)  # type: ignore[arg-type]  # each pair fits; the dictionary of them cannot say so
