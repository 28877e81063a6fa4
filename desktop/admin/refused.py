"""The files that did not become pictures, each with the reason and what its owner can do."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem

from desktop.client.models import RefusedFile, RefusedPage
from desktop.look.appearance import Appearance
from desktop.look.tokens import TEXT_SMALL

Index = QModelIndex | QPersistentModelIndex
ROW = 46


class RefusedModel(QAbstractListModel):
    """The refused files fetched so far."""

    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.files: list[RefusedFile] = []
        self._more = False

    def replace(self, page: RefusedPage) -> None:
        """Show the first page."""
        self.beginResetModel()
        self.files, self._more = list(page.items), page.next is not None
        self.endResetModel()

    def append(self, page: RefusedPage) -> None:
        """Add a later page."""
        self._more = page.next is not None
        if page.items:
            first = len(self.files)
            self.beginInsertRows(QModelIndex(), first, first + len(page.items) - 1)
            self.files.extend(page.items)
            self.endInsertRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Count the files."""
        return 0 if parent.isValid() else len(self.files)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Give a file's words."""
        file = self.files[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{file.name}: {file.reason} {file.advice or ''}".strip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{file.folder or ''}\n{file.reason}\n{file.advice or ''}".strip()
        return None

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether the server has more."""
        return self._more

    def fetchMore(self, parent: Index) -> None:
        """Ask for more, once."""
        self._more = False
        self.more_wanted.emit()


class RefusedList(QListView):
    """The list on the settings page."""

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self.files = RefusedModel()
        self.setModel(self.files)
        self.setItemDelegate(_Row(look, self))
        self.setAccessibleName("Files that did not become pictures")
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet("QListView { background: transparent; }")
        look.changed.connect(self.viewport().update)


class _Row(QStyledItemDelegate):
    def __init__(self, look: Appearance, view: RefusedList) -> None:
        super().__init__(view)
        self._look = look
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        file = self._view.files.files[index.row()]
        rect: QRect = option.rect
        ratio = self._view.devicePixelRatioF()
        painter.save()
        icon = self._look.icons.pixmap("file-warning", 18, self._look.palette.caution, ratio)
        painter.drawPixmap(rect.x() + 2, rect.y() + 6, icon)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        first = QRect(rect.x() + 30, rect.y() + 3, rect.width() - 38, 20)
        painter.setFont(self._look.fonts.text(TEXT_SMALL))
        painter.setPen(self._look.colour("faint"))
        folder = file.folder or ""
        painter.drawText(first, right | Qt.AlignmentFlag.AlignVCenter, folder)
        taken = painter.fontMetrics().horizontalAdvance(folder) + 16
        painter.setFont(self._look.fonts.text(weight=QFont.Weight.Medium))
        painter.setPen(self._look.colour("strong"))
        name = painter.fontMetrics().elidedText(
            file.name, Qt.TextElideMode.ElideMiddle, max(80, first.width() - taken)
        )
        painter.drawText(first, left | Qt.AlignmentFlag.AlignVCenter, name)
        second = first.translated(0, 19)
        painter.setFont(self._look.fonts.text(TEXT_SMALL))
        painter.setPen(self._look.colour("normal"))
        why = painter.fontMetrics().elidedText(
            f"{file.reason} {file.advice or ''}", Qt.TextElideMode.ElideRight, second.width()
        )
        painter.drawText(second, left | Qt.AlignmentFlag.AlignVCenter, why)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)
