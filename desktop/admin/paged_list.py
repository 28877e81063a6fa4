"""A list that the server gives page by page, a few words for each item."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

Index = QModelIndex | QPersistentModelIndex
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """Some items, and where the next page begins; None on the last."""

    @property
    def items(self) -> Sequence[T_co]: ...

    @property
    def next(self) -> str | None: ...


class PagedList(QAbstractListModel, Generic[T]):
    """What was fetched so far; `more_wanted` comes once for each page, when somebody scrolls to its end."""

    more_wanted = Signal()

    def __init__(self, words: Callable[[T], str]) -> None:
        """Take what says an item in words."""
        super().__init__()
        self._words = words
        self.items: list[T] = []
        self.cursor: str | None = None
        self._asked = False

    def replace(self, page: Page[T]) -> None:
        """Show the first page."""
        self._show(list(page.items), page.next)

    def append(self, page: Page[T]) -> None:
        """Add the next page."""
        self.cursor, self._asked = page.next, False
        if page.items:
            first = len(self.items)
            self.beginInsertRows(QModelIndex(), first, first + len(page.items) - 1)
            self.items.extend(page.items)
            self.endInsertRows()

    def clear(self) -> None:
        """Forget everything."""
        self._show([], None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Count the items."""
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Give an item's words."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(self.items[index.row()])
        return None

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether the server has more."""
        return self.cursor is not None and not self._asked

    def fetchMore(self, parent: Index) -> None:
        """Ask for more, once."""
        self._asked = True
        self.more_wanted.emit()

    def _show(self, items: list[T], cursor: str | None) -> None:
        self.beginResetModel()
        self.items, self.cursor, self._asked = items, cursor, False
        self.endResetModel()
