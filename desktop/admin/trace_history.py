"""The list of earlier traces: which file, what came of it, who traced it and when."""

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from desktop.admin.paged_list import Index, PagedList
from desktop.admin.trace_words import history_line
from desktop.client.traces import Trace
from desktop.look.appearance import Appearance
from desktop.look.tokens import TEXT_SMALL

ROW = 46
NONE_YET = "No file has been traced yet."


class TraceHistory(QListView):
    """Earlier traces; `chosen` carries the one that is clicked, or opened by Enter."""

    chosen = Signal(object)

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look
        self.lines = PagedList[Trace](lambda trace: "\n".join(history_line(trace)))
        self.setModel(self.lines)
        self.setItemDelegate(_Row(look, self))
        self.setAccessibleName("Earlier traces")
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet("QListView { background: transparent; }")
        self.clicked.connect(self._open)
        look.changed.connect(self.viewport().update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows; without any, say so."""
        super().paintEvent(event)
        if self.lines.items:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self._look.colour("faint"))
        painter.drawText(self.viewport().rect().adjusted(8, 6, 0, 0), Qt.AlignmentFlag.AlignLeft, NONE_YET)
        painter.end()

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.lines.items[index.row()])


class _Row(QStyledItemDelegate):
    def __init__(self, look: Appearance, view: TraceHistory) -> None:
        super().__init__(view)
        self._look = look
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        first, second = history_line(self._view.lines.items[index.row()])
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._look.colour("pressed"))
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, self._look.colour("line"))
        line = QRect(rect.x() + 8, rect.y() + 4, rect.width() - 16, 20)
        for words, tone, font in (
            (first, "strong", self._look.fonts.text(weight=QFont.Weight.Medium)),
            (second, "faint", self._look.fonts.count(TEXT_SMALL)),
        ):
            painter.setFont(font)
            painter.setPen(self._look.colour(tone))
            cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)
            line.translate(0, 18)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)
