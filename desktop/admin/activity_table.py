"""The list of what happened: time, person, deed, picture and detail; more is fetched on scrolling down."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from desktop.canvas.deliveries import Deliveries, Urgency, Want
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.pixels import PixelKey
from desktop.client.errors import Failure
from desktop.client.records import ActivityEntry
from desktop.look.appearance import Appearance

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("When", "Who", "What", "Picture", "Detail")
WIDTHS = (88, 106, 150, 84)
WHEN, WHO, WHAT, PICTURE, DETAIL = range(5)
THUMBNAIL = QSize(52, 34)
ROW = 51
TONES = {"info": "strong", "caution": "caution", "alarm": "alarm"}


class ActivityModel(QAbstractTableModel):
    """The entries fetched so far, newest first."""

    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[ActivityEntry] = []
        self._more = False

    def replace(self, entries: Sequence[ActivityEntry], more: bool) -> None:
        """Show the newest page; what is known of older ones is kept below it."""
        oldest = entries[-1].sequence if entries else 0
        older = [entry for entry in self.entries if entry.sequence < oldest]
        if [*entries, *older] == self.entries:
            return
        self.beginResetModel()
        self._more = self._more if older else more
        self.entries = [*entries, *older]
        self.endResetModel()

    def append(self, entries: Sequence[ActivityEntry], more: bool) -> None:
        """Add an older page at the end."""
        self._more = more
        if entries:
            first = len(self.entries)
            self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
            self.entries.extend(entries)
            self.endInsertRows()

    def clear(self) -> None:
        """Forget everything."""
        self.beginResetModel()
        self.entries, self._more = [], False
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  (Qt's own signature)
        """Count the entries."""
        return 0 if parent.isValid() else len(self.entries)

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
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in (WHEN, DETAIL):
            return f"{entry.time.astimezone():%d %b %Y, %H:%M:%S}" if index.column() == WHEN else entry.detail
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        shown = "–" if entry.picture_id is None else ""
        return (f"{entry.time.astimezone():%H:%M:%S}", entry.account or "–", entry.what, shown, entry.detail)[
            index.column()
        ]

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether the server has older entries."""
        return self._more and not parent.isValid()

    def fetchMore(self, parent: Index) -> None:
        """Ask for older entries, once."""
        self._more = False
        self.more_wanted.emit()


class ActivityTable(QTableView):
    """The table on the activity page; its thumbnails are marked, and go under the shield."""

    def __init__(self, look: Appearance, deliveries: Deliveries, overlay: MarkOverlay) -> None:
        super().__init__()
        self.setModel(ActivityModel())
        self.setItemDelegate(_Cell(look, deliveries, overlay, self))
        self.setAccessibleName("What happened")
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
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(DETAIL, QHeaderView.ResizeMode.Stretch)
        header.setFixedHeight(38)
        overlay.changed.connect(self.viewport().update)
        look.changed.connect(self.viewport().update)

    @property
    def entries(self) -> ActivityModel:
        """Give the model."""
        model = self.model()
        if not isinstance(model, ActivityModel):
            raise TypeError("the table has lost its model")
        return model

    def set_shielded(self, shielded: bool) -> None:
        """Hide the thumbnails, or show them again."""
        delegate = self.itemDelegate()
        if isinstance(delegate, _Cell):
            delegate.shielded = shielded
        self.viewport().repaint() if shielded else self.viewport().update()

    def selected(self) -> ActivityEntry | None:
        """Return the entry that is selected."""
        row = self.currentIndex().row()
        return self.entries.entries[row] if 0 <= row < len(self.entries.entries) else None


class _Cell(QStyledItemDelegate):
    def __init__(
        self, look: Appearance, deliveries: Deliveries, overlay: MarkOverlay, table: ActivityTable
    ) -> None:
        super().__init__(table)
        self._look = look
        self._deliveries = deliveries
        self._overlay = overlay
        self._table = table
        self._wants: dict[PixelKey, Want] = {}
        self._failed: set[PixelKey] = set()
        self.shielded = False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = self._table.entries.entries[index.row()]
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._look.colour("pressed"))
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, self._look.colour("line"))
        if index.column() == PICTURE and entry.picture_id is not None:
            self._paint_picture(painter, rect, entry)
        else:
            self._paint_words(painter, rect, entry, index)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW)

    def _paint_words(self, painter: QPainter, rect: QRect, entry: ActivityEntry, index: Index) -> None:
        tone = {WHEN: "faint", WHO: "strong", WHAT: TONES[entry.severity], PICTURE: "faint"}.get(
            index.column(), "normal"
        )
        medium = index.column() == WHAT
        weight = QFont.Weight.Medium if medium else QFont.Weight.Normal
        painter.setFont(self._look.fonts.count(weight=weight))
        painter.setPen(self._look.colour(tone))
        room = rect.adjusted(8, 0, -8, 0)
        words = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def _paint_picture(self, painter: QPainter, rect: QRect, entry: ActivityEntry) -> None:
        box = QRectF(rect.x() + 8, rect.center().y() - 17, THUMBNAIL.width(), THUMBNAIL.height())
        image = None if self.shielded or entry.view_token is None else self._thumbnail(entry)
        corners = QPainterPath()
        corners.addRoundedRect(box, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if image is None or not self._overlay.ready:
            painter.fillPath(corners, self._look.colour("pressed"))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(corners)
        scale = max(box.width() / image.width(), box.height() / image.height())
        part = QRectF(0, 0, box.width() / scale, box.height() / scale)
        part.moveCenter(QRectF(image.rect()).center())
        painter.drawImage(box, image, part)
        self._overlay.paint(painter, box, anchored=True)

    def _thumbnail(self, entry: ActivityEntry) -> QImage | None:
        key = PixelKey(entry.picture_id or "", "thumbnail")
        image = self._deliveries.cache.get(key)
        if image is None and key not in self._wants and key not in self._failed:

            def arrived(_image: QImage) -> None:
                self._wants.pop(key, None)
                self._table.viewport().update()

            def failed(_failure: Failure) -> None:
                # The row says what happened; a picture that cannot be shown stays a grey box.
                self._wants.pop(key, None)
                self._failed.add(key)

            ratio = self._table.devicePixelRatioF()
            self._wants[key] = self._deliveries.ask(key, THUMBNAIL * ratio, Urgency.SEEN, arrived, failed)
        return image

    def forget(self) -> None:
        for want in list(self._wants.values()):
            want.cancel()
        self._wants.clear()
        self._failed.clear()
