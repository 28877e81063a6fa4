"""Painting what is in view of the grid: month heads, pictures, and the ring of the selected one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.thumbnails import Thumbnails
from desktop.gallery.cell import CellPainter
from desktop.gallery.layout import HEAD, Cell, GridLayout
from desktop.gallery.library_model import LibraryModel
from desktop.gallery.words import count_words, month_title
from desktop.look.appearance import Appearance
from desktop.look.tokens import TEXT_TITLE

LEFT = 16


@dataclass(frozen=True)
class GridState:
    """What painting depends on besides the pictures: scrolling, selection, hover, focus, shield."""

    top: int
    current: int | None
    hovered: int | None
    focused: bool
    hidden: bool


class GridPainter:
    """Paints one grid."""

    def __init__(
        self,
        look: Appearance,
        overlay: MarkOverlay,
        model: LibraryModel,
        layout: GridLayout,
        thumbnails: Thumbnails,
    ) -> None:
        self._look = look
        self._model = model
        self._layout = layout
        self._thumbnails = thumbnails
        self._cells = CellPainter(look, overlay, "ground")

    def paint(self, painter: QPainter, size: QSize, state: GridState) -> None:
        """Paint a band of the grid; under the shield places instead of pictures."""
        painter.fillRect(QRect(0, 0, size.width(), size.height()), self._look.colour("ground"))
        self._paint_heads(painter, state.top, state.top + size.height())
        ring: Cell | None = None
        for index in self._layout.between(state.top, state.top + size.height()):
            cell = self._layout.cell(index).moved(LEFT, -state.top)
            if state.hidden:
                self._cells.paint_hidden(painter, cell)
            else:
                self._paint_cell(painter, index, cell, hovered=index == state.hovered)
            if index == state.current:
                ring = cell
        if ring is not None:
            painter.setOpacity(1.0 if state.focused else 0.55)
            self._cells.paint_ring(painter, ring)

    def _paint_cell(self, painter: QPainter, index: int, cell: Cell, *, hovered: bool) -> None:
        picture = self._model.pictures[index]
        self._cells.paint(painter, cell, picture, self._thumbnails.image(picture.id))
        if self._thumbnails.failure(picture.id) is not None:
            self._cells.paint_broken(painter, cell)
        if hovered:
            self._cells.paint_hover(painter, cell)
        self._cells.paint_badges(painter, cell, picture)
        self._cells.round_off(painter, cell)

    def _paint_heads(self, painter: QPainter, top: int, bottom: int) -> None:
        bold = self._look.fonts.text(TEXT_TITLE, QFont.Weight.DemiBold)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for section in self._layout.sections[self._layout.section_at(top) :]:
            if section.top > bottom:
                break
            line, title = section.top - top, month_title(section.key)
            painter.setFont(bold)
            painter.setPen(self._look.colour("strong"))
            painter.drawText(QRect(LEFT, line + 4, 400, HEAD - 4), flags, title)
            across = round(QFontMetricsF(bold).horizontalAdvance(title)) + 10
            painter.setFont(self._look.fonts.count())
            painter.setPen(self._look.colour("faint"))
            painter.drawText(QRect(LEFT + across, line + 5, 400, HEAD - 4), flags, count_words(section.count))
