"""The list of earlier traces: which file, what came of it, who traced it and when."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from desktop.admin.trace_words import history_line
from desktop.client.traces import Trace, TracePage
from desktop.look.appearance import Appearance
from desktop.look.tokens import TEXT_SMALL

Index = QModelIndex | QPersistentModelIndex
ROW = 46
NONE_YET = "No file has been traced yet."


class TracesModel(QAbstractListModel):
    """The traces fetched so far, newest first."""

    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.traces: list[Trace] = []
        self.cursor: str | None = None
        self._asked = False

    def replace(self, page: TracePage) -> None:
        """Show the newest page."""
        self.beginResetModel()
        self.traces, self.cursor, self._asked = list(page.items), page.next, False
        self.endResetModel()

    def append(self, page: TracePage) -> None:
        """Add an older page."""
        self.cursor, self._asked = page.next, False
        if page.items:
            first = len(self.traces)
            self.beginInsertRows(QModelIndex(), first, first + len(page.items) - 1)
            self.traces.extend(page.items)
            self.endInsertRows()

    def clear(self) -> None:
        """Forget everything."""
        self.replace(TracePage((), None))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Count the traces."""
        return 0 if parent.isValid() else len(self.traces)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Give a trace's words."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(history_line(self.traces[index.row()]))
        return None

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether the server has more."""
        return self.cursor is not None and not self._asked

    def fetchMore(self, parent: Index) -> None:
        """Ask for more, once."""
        self._asked = True
        self.more_wanted.emit()


class TraceHistory(QListView):
    """Earlier traces; `chosen` carries the one that is clicked, or opened by Enter."""

    chosen = Signal(object)

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look
        self.lines = TracesModel()
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
        if self.lines.traces:
            return
        painter = QPainter(self.viewport())
        painter.setPen(self._look.colour("faint"))
        painter.drawText(self.viewport().rect().adjusted(8, 6, 0, 0), Qt.AlignmentFlag.AlignLeft, NONE_YET)
        painter.end()

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.lines.traces[index.row()])


class _Row(QStyledItemDelegate):
    def __init__(self, look: Appearance, view: TraceHistory) -> None:
        super().__init__(view)
        self._look = look
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        first, second = history_line(self._view.lines.traces[index.row()])
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
