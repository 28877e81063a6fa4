"""The list of people: name, role, what they see, when they were here, second factor and state."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QResizeEvent

from desktop.admin.people_words import (
    matches,
    moment_in_full,
    role_words,
    seen_words,
    sees_words,
    state_words,
)
from desktop.admin.table import Cell, ColumnsModel, Index, Table
from desktop.client.people import Person
from desktop.look.appearance import Appearance
from desktop.look.tokens import TEXT_SMALL

COLUMNS = ("Name", "Role", "Sees", "Last seen", "Second factor", "State")
WIDTHS = (0, 80, 116, 102, 106, 150)
# In a narrow window these go, the first one first, until a name has room.
SPARED = (4, 3, 2, 1)
NAME_LEAST = 150
NAME, ROLE, SEES, SEEN, FACTOR, STATE = range(6)


class PeopleModel(ColumnsModel):
    """Everybody, and those of them who match what is searched for."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(COLUMNS)
        self.clock = clock
        self.people: tuple[Person, ...] = ()
        self.shown: list[Person] = []
        self._typed = ""

    def take(self, people: Sequence[Person]) -> bool:
        """Show these; False where that changes nothing."""
        if tuple(people) == self.people:
            return False
        self.people = tuple(people)
        self._filter()
        return True

    def take_one(self, person: Person) -> None:
        """Show somebody as they are now."""
        others = (one for one in self.people if one.id != person.id)
        self.take(sorted((*others, person), key=lambda one: one.name.casefold()))

    def search(self, typed: str) -> None:
        """Show only who matches."""
        self._typed = typed
        self._filter()

    def row_of(self, account_id: str) -> int | None:
        """Return in which row somebody is."""
        return next((row for row, one in enumerate(self.shown) if one.id == account_id), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Count who is shown."""
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give the words of a cell."""
        person, now = self.shown[index.row()], self.clock()
        if role == Qt.ItemDataRole.ToolTipRole:
            if index.column() == SEEN and person.last_seen_at is not None:
                return moment_in_full(person.last_seen_at)
            return person.email if index.column() == NAME else None
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        return (
            person.name,
            role_words(person.role),
            sees_words(person),
            seen_words(person, now),
            "On" if person.second_factor else "–",
            state_words(person, now)[0],
        )[index.column()]

    def _filter(self) -> None:
        self.beginResetModel()
        self.shown = [person for person in self.people if matches(person, self._typed)]
        self.endResetModel()


class PeopleTable(Table):
    """Shows the list and keeps who is selected, whatever is fetched; `chosen` carries them, or None."""

    chosen = Signal(object)

    def __init__(self, look: Appearance, clock: Callable[[], datetime]) -> None:
        people = PeopleModel(clock)
        widths = {column: width for column, width in enumerate(WIDTHS) if width}
        super().__init__(look, people, "People", widths, NAME)
        self.people = people
        self._selected: str | None = None
        self.setItemDelegate(_Cell(look, self))
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self.people.modelReset.connect(self._select_again)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many columns as there is room for."""
        room = self.viewport().width() - NAME_LEAST - sum(WIDTHS)
        for column in SPARED:
            self.setColumnHidden(column, room < 0)
            room += WIDTHS[column] if room < 0 else 0
        super().resizeEvent(event)

    @property
    def selected(self) -> Person | None:
        """Return who is selected, also when a search hides them."""
        return next((one for one in self.people.people if one.id == self._selected), None)

    def select(self, account_id: str | None) -> None:
        """Select somebody, or nobody."""
        self._selected = account_id
        self._select_again()

    def _select_again(self) -> None:
        row = None if self._selected is None else self.people.row_of(self._selected)
        if row is not None:
            self.setCurrentIndex(self.people.index(row, NAME))
        else:
            self.clearSelection()
        self.chosen.emit(self.selected)

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        person = self.people.shown[current.row()] if current.isValid() else None
        if person is not None and person.id != self._selected:
            self._selected = person.id
            self.chosen.emit(person)


class _Cell(Cell):
    def __init__(self, look: Appearance, table: PeopleTable) -> None:
        super().__init__(look, table)
        self._table = table

    def paint_inside(self, painter: QPainter, room: QRect, index: Index) -> None:
        person = self._table.people.shown[index.row()]
        if index.column() == NAME:
            closed = person.disabled_at is not None
            self._paint_name(painter, room, person, "normal" if closed else "strong")
            return
        tone = {FACTOR: "good" if person.second_factor else "faint"}
        if index.column() == STATE:
            tone[STATE] = state_words(person, self._table.people.clock())[1]
        self.write(painter, room, str(index.data()), tone.get(index.column(), "normal"))

    def _paint_name(self, painter: QPainter, room: QRect, person: Person, tone: str) -> None:
        if person.email is None:
            self.write(painter, room, person.name, tone, QFont.Weight.Medium)
            return
        self.write(
            painter, QRect(room.x(), room.y() + 6, room.width(), 20), person.name, tone, QFont.Weight.Medium
        )
        below = QRect(room.x(), room.y() + 25, room.width(), 18)
        self.write(painter, below, person.email, "normal", size=TEXT_SMALL)
