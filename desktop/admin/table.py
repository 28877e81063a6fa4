"""What the tables of the admin pages share: named columns, their look, and cells of words over a line."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from desktop.look.appearance import Appearance

Index = QModelIndex | QPersistentModelIndex
ROW = 51
HEAD = 38
MARGIN = 8


class ColumnsModel(QAbstractTableModel):
    """A model whose columns have names."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Count the columns."""
        return 0 if parent.isValid() else len(self._names)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Name the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._names[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


class Table(QTableView):
    """Whole rows, one of them selected, in columns of fixed width but one."""

    def __init__(
        self, look: Appearance, model: ColumnsModel, name: str, widths: Mapping[int, int], stretched: int
    ) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(name)
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
        for column, width in widths.items():
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        header.setFixedHeight(HEAD)
        look.changed.connect(self.viewport().update)


class Cell(QStyledItemDelegate):
    """Paints the ground of a cell, and what `paint_inside` adds."""

    def __init__(self, look: Appearance, table: Table) -> None:
        super().__init__(table)
        self.look = look

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self.look.colour("pressed"))
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, self.look.colour("line"))
        self.paint_inside(painter, rect.adjusted(MARGIN, 0, -MARGIN, -1), index)
        painter.restore()

    def paint_inside(self, painter: QPainter, room: QRect, index: Index) -> None:
        """Paint the words of a cell; a table that shows more does it here."""
        self.write(painter, room, str(index.data()), "normal")

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give the size of a row."""
        return QSize(60, ROW)

    def write(
        self,
        painter: QPainter,
        room: QRect,
        words: str,
        tone: str,
        weight: QFont.Weight = QFont.Weight.Normal,
        size: int | None = None,
    ) -> None:
        """Write words, cut to their room; in figures of one width unless a size is given."""
        fonts = self.look.fonts
        painter.setFont(fonts.count(weight=weight) if size is None else fonts.text(size))
        painter.setPen(self.look.colour(tone))
        cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)
