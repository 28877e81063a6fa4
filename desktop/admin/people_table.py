"""The list of people: name, role, what they see, when they were here, second factor and state."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from desktop.admin.people_words import (
    matches,
    moment_in_full,
    role_words,
    seen_words,
    sees_words,
    state_words,
)
from desktop.client.people import Person
from desktop.look.appearance import Appearance
from desktop.look.tokens import TEXT_SMALL

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("Name", "Role", "Sees", "Last seen", "Second factor", "State")
WIDTHS = (0, 80, 116, 102, 106, 150)
# In a narrow window these go, the first one first, until a name has room.
SPARED = (4, 3, 2, 1)
NAME_LEAST = 150
NAME, ROLE, SEES, SEEN, FACTOR, STATE = range(6)
ROW = 51


class PeopleModel(QAbstractTableModel):
    """Everybody, and those of them who match what is searched for."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
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

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Count the columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Name the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

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


class PeopleTable(QTableView):
    """Shows the list and keeps who is selected, whatever is fetched; `chosen` carries them, or None."""

    chosen = Signal(object)

    def __init__(self, look: Appearance, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.people = PeopleModel(clock)
        self._selected: str | None = None
        self.setModel(self.people)
        self.setItemDelegate(_Cell(look, self))
        self.setAccessibleName("People")
        self.setShowGrid(False)
        self.setStyleSheet("QTableView, QHeaderView, QHeaderView::section { background: transparent; }")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column, width in enumerate(WIDTHS):
            if width:
                self.setColumnWidth(column, width)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setFixedHeight(38)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self.people.modelReset.connect(self._select_again)
        look.changed.connect(self.viewport().update)

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


class _Cell(QStyledItemDelegate):
    def __init__(self, look: Appearance, table: PeopleTable) -> None:
        super().__init__(table)
        self._look = look
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        person = self._table.people.shown[index.row()]
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._look.colour("pressed"))
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, self._look.colour("line"))
        room = rect.adjusted(8, 0, -8, -1)
        closed = person.disabled_at is not None
        if index.column() == NAME:
            self._paint_name(painter, room, person, "normal" if closed else "strong")
        else:
            tone = {FACTOR: "good" if person.second_factor else "faint"}
            if index.column() == STATE:
                tone[STATE] = state_words(person, self._table.people.clock())[1]
            self._write(painter, room, str(index.data()), tone.get(index.column(), "normal"))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW)

    def _paint_name(self, painter: QPainter, room: QRect, person: Person, tone: str) -> None:
        if person.email is None:
            self._write(painter, room, person.name, tone, QFont.Weight.Medium)
            return
        self._write(
            painter, QRect(room.x(), room.y() + 6, room.width(), 20), person.name, tone, QFont.Weight.Medium
        )
        below = QRect(room.x(), room.y() + 25, room.width(), 18)
        self._write(painter, below, person.email, "normal", size=TEXT_SMALL)

    def _write(
        self,
        painter: QPainter,
        room: QRect,
        words: str,
        tone: str,
        weight: QFont.Weight = QFont.Weight.Normal,
        size: int | None = None,
    ) -> None:
        fonts = self._look.fonts
        painter.setFont(fonts.count(weight=weight) if size is None else fonts.text(size))
        painter.setPen(self._look.colour(tone))
        cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)
