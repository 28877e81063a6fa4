"""The grid of thumbnails: only what is in view is fetched and painted, however many pictures there are."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from desktop.canvas.deliveries import Deliveries
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.shield_page import SHIELDED
from desktop.canvas.thumbnails import Thumbnails
from desktop.client.models import Picture
from desktop.gallery.cell import device_size
from desktop.gallery.grid_painter import LEFT, GridPainter, GridState
from desktop.gallery.layout import GAP, HEAD, GridLayout
from desktop.gallery.library_model import LibraryModel
from desktop.gallery.moves import MOVES, moved
from desktop.gallery.scrolling import SmoothScroll
from desktop.look.appearance import Appearance
from desktop.look.tokens import RAIL
from desktop.look.tooltip import drop_tooltip

BOTTOM = 24
ROW = 180
ROW_SMALLEST, ROW_LARGEST = 90, 300


class Grid(QAbstractScrollArea):
    """Shows a `LibraryModel` as justified rows; lives on the GUI thread."""

    opened = Signal(str)
    current_changed = Signal(object)
    month_changed = Signal(str)

    def __init__(
        self,
        look: Appearance,
        model: LibraryModel,
        thumbnails: Deliveries,
        overlay: MarkOverlay,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._thumbnails = Thumbnails(thumbnails, self._thumbnail_changed)
        self._layout = GridLayout()
        self._painter = GridPainter(look, overlay, model, self._layout, self._thumbnails)
        self._ids: list[str] = []
        self._row = ROW
        self._current: str | None = None
        self._hovered: int | None = None
        self._hidden = False
        self._month = ""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Pictures")
        self._scroll = SmoothScroll(self.verticalScrollBar(), look.motion)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        model.changed.connect(self._rearrange)
        model.picture_changed.connect(self._picture_changed)
        look.changed.connect(self.viewport().update)
        overlay.changed.connect(self.viewport().update)

    # What is shown

    @property
    def row_height(self) -> int:
        """Give the height that rows aim at, in points."""
        return self._row

    def set_row_height(self, height: int) -> None:
        """Show larger or smaller thumbnails, the same pictures staying in view."""
        self._row = min(max(height, ROW_SMALLEST), ROW_LARGEST)
        self._rearrange()

    @property
    def current(self) -> Picture | None:
        """Give the selected picture."""
        index = self._current_index()
        return None if index is None else self._model.pictures[index]

    def select(self, picture_id: str) -> None:
        """Select a picture and bring it into view."""
        index = self._model.index_of(picture_id)
        if index is not None:
            self._go(index, at_once=True)

    def go_to_month(self, key: str) -> None:
        """Scroll to the first picture of a month, or of the latest one before it."""
        for section in self._layout.sections:
            if section.key <= key:
                self._scroll.to(section.top)
                return

    def set_shielded(self, hidden: bool) -> None:
        """Show places instead of pictures."""
        self._hidden = hidden
        self.setAccessibleName(SHIELDED if hidden else "Pictures")
        self._want_visible()
        if hidden:
            drop_tooltip()
            self.viewport().repaint()
        else:
            self.viewport().update()

    def retry(self) -> None:
        """Ask again for the thumbnails that failed."""
        self._thumbnails.retry()
        self._want_visible()
        self.viewport().update()

    def forget(self) -> None:
        """Drop every thumbnail wanted."""
        self._thumbnails.forget()

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the heads and pictures in view."""
        painter = QPainter(self.viewport())
        state = GridState(
            self.verticalScrollBar().value(),
            self._current_index(),
            self._hovered,
            self.hasFocus(),
            self._hidden,
        )
        self._painter.paint(painter, self.viewport().size(), state)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew for another width."""
        self._rearrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll smoothly."""
        self._scroll.wheel(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the picture under the cursor."""
        self._hover(self._at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Light up nothing."""
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the picture under the cursor."""
        index = self._at(event.position().toPoint())
        if index is not None:
            self._go(index, reveal=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the picture under the cursor."""
        index = self._at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton and not self._hidden:
            self.opened.emit(self._model.pictures[index].id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer nothing: what may leave the program goes by keys and palette."""
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Name the picture under the cursor."""
        if isinstance(event, QHelpEvent):
            index = self._at(event.pos())
            if index is None or self._hidden:
                QToolTip.hideText()
            else:
                picture = self._model.pictures[index]
                QToolTip.showText(event.globalPos(), picture.title or picture.name, self)
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: object) -> None:
        """Show the ring in full."""
        self.viewport().update()

    def focusOutEvent(self, event: object) -> None:
        """Fade the ring."""
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the selection and open it; everything else goes to the window's actions."""
        key, index = event.key(), self._current_index()
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and key in MOVES and self._model.pictures:
            rows = max(1, self.viewport().height() // (self._row + GAP))
            self._go(moved(self._layout, index, key, rows))
        elif (
            plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index is not None and not self._hidden
        ):
            self.opened.emit(self._model.pictures[index].id)
        else:
            event.ignore()

    # Layout and visibility

    def _current_index(self) -> int | None:
        return None if self._current is None else self._model.index_of(self._current)

    def _go(self, index: int, *, reveal: bool = True, at_once: bool = False) -> None:
        picture = self._model.pictures[index]
        changed = picture.id != self._current
        self._current = picture.id
        if reveal:
            cell = self._layout.cell(index)
            self._scroll.reveal(
                cell.y - HEAD, cell.y + cell.height + BOTTOM, self.viewport().height(), at_once
            )
        self.viewport().update()
        if changed:
            self.current_changed.emit(picture)

    def _rearrange(self) -> None:
        """Lay out, keeping the topmost picture in view where it is."""
        top = self.verticalScrollBar().value()
        anchor = self._anchor(top)
        self._layout.arrange(self._model.groups(), self.viewport().width() - LEFT - RAIL, self._row)
        self._ids = [picture.id for picture in self._model.pictures]
        room = self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._layout.height + BOTTOM - room))
        bar.setPageStep(room)
        bar.setSingleStep(self._row // 3)
        if anchor is not None:
            index = self._model.index_of(anchor[0])
            if index is not None:
                self._scroll.jump(self._layout.cell(index).y - anchor[1])
        self._scrolled()

    def _anchor(self, top: int) -> tuple[str, int] | None:
        if top == 0:
            return None
        visible = self._layout.between(top, top + self.viewport().height())
        for index in visible:
            if self._model.index_of(self._ids[index]) is not None:
                return self._ids[index], self._layout.cell(index).y - top
        return None

    def _visible(self, margin: int = 0) -> range:
        top = self.verticalScrollBar().value()
        return self._layout.between(top - margin, top + self.viewport().height() + margin)

    def _at(self, point: QPoint) -> int | None:
        return self._layout.at(point.x() - LEFT, point.y() + self.verticalScrollBar().value())

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._hovered = index
            self.viewport().update()

    def _scrolled(self) -> None:
        self._want_visible()
        if self._layout.sections:
            month = self._layout.sections[self._layout.section_at(self.verticalScrollBar().value())].key
            if month != self._month:
                self._month = month
                self.month_changed.emit(month)
        self.viewport().update()

    def _want_visible(self) -> None:
        ratio = self.devicePixelRatioF()
        pictures = self._model.pictures
        shown = [] if self._hidden else self._visible(margin=self._row)
        self._thumbnails.need({pictures[n].id: device_size(self._layout.cell(n), ratio) for n in shown})

    def _thumbnail_changed(self, picture_id: str) -> None:
        index = self._model.index_of(picture_id)
        if index is not None and index < self._layout.count:
            cell = self._layout.cell(index).moved(LEFT, -self.verticalScrollBar().value())
            self.viewport().update(cell.x - 4, cell.y - 4, cell.width + 8, cell.height + 8)

    def _picture_changed(self, picture: Picture) -> None:
        self._thumbnails.forget(picture.id)
        self._thumbnail_changed(picture.id)
