"""The boxes beside the list of people: who somebody is, what they see, what befell their password."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.admin.cards import FactsCard, Panel
from desktop.admin.people_words import (
    access_words,
    event_words,
    moment_in_full,
    moment_words,
    role_words,
    sees_words,
    state_words,
    way_words,
)
from desktop.client.errors import Failure
from desktop.client.people import Access, LogLine, LogPage, Person, Way
from desktop.look.appearance import Appearance
from desktop.look.buttons import IconButton
from desktop.look.flow import FlowLayout
from desktop.look.surfaces import button, label

FACTS = ("Role", "Sees", "E-mail", "State", "Second factor", "Last seen", "Added", "Password", "Exemption")
SMALL = 24


class PersonCard(FactsCard):
    """Who somebody is, and what can be done about them."""

    def __init__(self, look: Appearance, clock: Callable[[], datetime]) -> None:
        super().__init__(look, "", FACTS)
        self._clock = clock
        self.change = button("Change…")
        self.code = button("One-time code…")
        self.sessions = button("End sessions…")
        self.factor = button("Remove second factor…")
        self.exemption = button("Exempt from the shield…")
        self.state = button("Close account…")
        acts = QWidget()
        flow = FlowLayout(acts, gap=8)
        for each in (self.change, self.code, self.sessions, self.factor, self.exemption, self.state):
            flow.addWidget(each)
        self.column.setSpacing(12)
        self.column.addWidget(acts)

    def show_person(self, person: Person) -> None:
        """Show somebody."""
        now = self._clock()
        self.entitle(person.name)
        self.say("Role", role_words(person.role))
        self.say("Sees", sees_words(person))
        self.say("E-mail", person.email or "None")
        closed = person.disabled_at
        words, _ = state_words(person, now)
        self.say("State", words if closed is None else f"Closed since {moment_in_full(closed)}")
        self.say("Second factor", "On" if person.second_factor else "Not set up")
        seen = person.last_seen_at
        self.say("Last seen", "Never" if seen is None else moment_in_full(seen))
        self.say("Added", moment_in_full(person.created_at))
        self.say("Password", _password_words(person, now))
        self.say("Exemption", _exemption_words(person))
        exempt = person.assistive is not None
        self.exemption.setText("End exemption…" if exempt else "Exempt from the shield…")
        self.exemption.setAccessibleName(self.exemption.text())
        self.factor.setVisible(person.second_factor)
        self.state.setText("Close account…" if closed is None else "Open account…")
        self.state.setAccessibleName(self.state.text())


class _ListCard(Panel):
    """A title, a line that sums up, rows, and more rows on request; what fails is said with a way on."""

    more_wanted = Signal()
    again_wanted = Signal()

    def __init__(self, look: Appearance, title: str) -> None:
        super().__init__(look)
        self.column.setSpacing(8)
        self.words = label("", "normal", wrap=True)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(8)
        self.more = button("Show more", "text")
        self.again = button("Try again", "text")
        self.column.addWidget(label(title, "bold"))
        self.column.addWidget(self.words)
        self.column.addLayout(self.rows)
        for each in (self.more, self.again):
            each.hide()
            self.column.addWidget(each, 0, Qt.AlignmentFlag.AlignLeft)
        self.more.clicked.connect(self.more_wanted)
        self.again.clicked.connect(self.again_wanted)

    def load(self) -> None:
        """Say that it is being fetched."""
        self._clear()
        self._say("Loading…")

    def fail(self, failure: Failure) -> None:
        """Say why it could not be fetched."""
        self._clear()
        self._say(f"{failure.message} {failure.advice}")
        self.again.show()

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _clear(self) -> None:
        self.again.hide()
        self.more.hide()
        while (item := self.rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


class AccessCard(_ListCard):
    """The albums that somebody may see, each with its grant; `revoke_wanted` carries a way."""

    revoke_wanted = Signal(object)

    def __init__(self, look: Appearance) -> None:
        super().__init__(look, "What this person can see")
        self.grant = button("Let them see an album…")
        self.column.addWidget(self.grant, 0, Qt.AlignmentFlag.AlignLeft)

    def show_access(self, person: Person, access: Access) -> None:
        """Show the first page."""
        self._clear()
        self._say(access_words(person, access))
        self.grant.setVisible(access.sees == "albums")
        self.append(access)

    def append(self, access: Access) -> None:
        """Show a later page below."""
        for way in access.items:
            self.rows.addWidget(self._row(way))
        self.more.setVisible(access.next is not None)

    def load(self) -> None:
        """Say that it is being fetched."""
        super().load()
        self.grant.hide()

    def _row(self, way: Way) -> QWidget:
        words = way_words(way)
        row = _two_lines(way.album, "strong", words)
        layout = row.layout()
        if isinstance(layout, QHBoxLayout):
            what = f"End the grant of {way.granted_on}"
            end = IconButton(self._look, "x", what, partial(self.revoke_wanted.emit, way), size=14)
            end.setFixedSize(QSize(SMALL, SMALL))
            layout.addWidget(end, 0, Qt.AlignmentFlag.AlignTop)
        row.setAccessibleName(f"{way.album}: {words}")
        return row


class LogCard(_ListCard):
    """What happened to somebody's password, codes and second factor, newest first."""

    def __init__(self, look: Appearance, clock: Callable[[], datetime]) -> None:
        super().__init__(look, "Passwords and codes")
        self._clock = clock

    def show_log(self, page: LogPage) -> None:
        """Show the first page."""
        self._clear()
        self._say("" if page.items else "Nothing has happened yet.")
        self.append(page)

    def append(self, page: LogPage) -> None:
        """Show a later page below."""
        self._add(page.items)
        self.more.setVisible(page.next is not None)

    def _add(self, lines: Sequence[LogLine]) -> None:
        now = self._clock()
        for line in lines:
            words, tone = event_words(line)
            row = QWidget()
            across = QHBoxLayout(row)
            across.setContentsMargins(0, 0, 0, 0)
            across.setSpacing(12)
            when = label(moment_words(line.time, now), "small")
            when.setToolTip(moment_in_full(line.time))
            across.addWidget(label(words, tone, wrap=True), 1)
            across.addWidget(when, 0, Qt.AlignmentFlag.AlignTop)
            row.setAccessibleName(f"{words}, {moment_in_full(line.time)}")
            self.rows.addWidget(row)


def _two_lines(first: str, tone: str, second: str) -> QWidget:
    row = QWidget()
    across = QHBoxLayout(row)
    across.setContentsMargins(0, 0, 0, 0)
    across.setSpacing(8)
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(label(first, tone, wrap=True))
    words.addWidget(label(second, "small", wrap=True))
    across.addLayout(words, 1)
    return row


def _password_words(person: Person, now: datetime) -> str:
    end = person.password_expires_at
    if person.must_change_password:
        return "To be chosen at the next sign-in"
    if end is None:
        return "Does not grow old"
    return f"{'Due since' if end <= now else 'Good until'} {moment_in_full(end)}"


def _exemption_words(person: Person) -> str:
    given = person.assistive
    if given is None:
        return "None: captures hide pictures"
    until = "" if given.expires_at is None else f", until {moment_in_full(given.expires_at)}"
    return f"{given.reason}, by {given.granted_by}{until}"
