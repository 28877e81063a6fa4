"""The list of what happened: time, person, deed, picture and detail; more is fetched on scrolling down."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath

from desktop.admin.table import Cell, ColumnsModel, Index, Table
from desktop.canvas.deliveries import Deliveries, Urgency, Want
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.pixels import PixelKey
from desktop.client.errors import Failure
from desktop.client.records import ActivityEntry
from desktop.look.appearance import Appearance

COLUMNS = ("When", "Who", "What", "Picture", "Detail")
WIDTHS = (88, 106, 150, 84)
WHEN, WHO, WHAT, PICTURE, DETAIL = range(5)
THUMBNAIL = QSize(52, 34)
TONES = {"info": "strong", "caution": "caution", "alarm": "alarm"}


class ActivityModel(ColumnsModel):
    """The entries fetched so far, newest first."""

    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(COLUMNS)
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


class ActivityTable(Table):
    """The table on the activity page; its thumbnails are marked, and go under the shield."""

    def __init__(self, look: Appearance, deliveries: Deliveries, overlay: MarkOverlay) -> None:
        entries = ActivityModel()
        super().__init__(look, entries, "What happened", dict(enumerate(WIDTHS)), DETAIL)
        self.entries = entries
        self._cell = _Cell(look, deliveries, overlay, self)
        self.setItemDelegate(self._cell)
        overlay.changed.connect(self.viewport().update)

    def set_shielded(self, shielded: bool) -> None:
        """Hide the thumbnails, or show them again."""
        self._cell.shielded = shielded
        self.viewport().repaint() if shielded else self.viewport().update()

    def selected(self) -> ActivityEntry | None:
        """Return the entry that is selected."""
        row = self.currentIndex().row()
        return self.entries.entries[row] if 0 <= row < len(self.entries.entries) else None


class _Cell(Cell):
    def __init__(
        self, look: Appearance, deliveries: Deliveries, overlay: MarkOverlay, table: ActivityTable
    ) -> None:
        super().__init__(look, table)
        self._deliveries = deliveries
        self._overlay = overlay
        self._table = table
        self._wants: dict[PixelKey, Want] = {}
        self._failed: set[PixelKey] = set()
        self.shielded = False

    def paint_inside(self, painter: QPainter, room: QRect, index: Index) -> None:
        entry = self._table.entries.entries[index.row()]
        column = index.column()
        if column == PICTURE and entry.picture_id is not None:
            self._paint_picture(painter, room, entry)
            return
        tone = {WHEN: "faint", WHO: "strong", WHAT: TONES[entry.severity], PICTURE: "faint"}
        weight = QFont.Weight.Medium if column == WHAT else QFont.Weight.Normal
        self.write(painter, room, str(index.data()), tone.get(column, "normal"), weight)

    def _paint_picture(self, painter: QPainter, room: QRect, entry: ActivityEntry) -> None:
        box = QRectF(room.x(), room.center().y() - 17, THUMBNAIL.width(), THUMBNAIL.height())
        image = None if self.shielded or entry.view_token is None else self._thumbnail(entry)
        corners = QPainterPath()
        corners.addRoundedRect(box, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if image is None or not self._overlay.ready:
            painter.fillPath(corners, self.look.colour("pressed"))
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
