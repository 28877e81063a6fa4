"""The months beside the grid: where one is, and a click away from anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from desktop.gallery.words import month_short, month_title
from desktop.look.appearance import Appearance
from desktop.look.tokens import RAIL, TEXT_HEAD

PITCH = 26
TOP = 18
NAMED = 4
DOTS = 2


class Mark(NamedTuple):
    """One line of the rail: its words (a dot where there is no room for a name) and its month."""

    text: str
    key: str


def marks(months: Sequence[str], room: int) -> list[Mark]:
    """Choose what fits into some lines: months of the latest year by name, then years; dots between."""
    if not months:
        return []
    years: dict[str, list[str]] = {}
    for key in months:
        years.setdefault(key.split("-")[0], []).append(key)
    latest, *older = years
    for named, dots in ((NAMED, DOTS), (NAMED, 1), (NAMED, 0), (1, 0)):
        chosen = [Mark(month_short(key), key) for key in years[latest][:named]]
        chosen += [Mark("·", key) for key in years[latest][named : named + dots]]
        for year in older:
            chosen.append(Mark(year, years[year][0]))
            chosen += [Mark("·", key) for key in years[year][1 : 1 + dots]]
        if len(chosen) <= room:
            return chosen
    step = -(-len(chosen) // max(room, 1))
    return chosen[::step]


class Rail(QWidget):
    """Paints the marks, the current one in brass; a click asks for a month."""

    month_chosen = Signal(str)

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._months: list[str] = []
        self._current = ""
        self._hovered = -1
        self.setFixedWidth(RAIL)
        self.setMouseTracking(True)
        self.setAccessibleName("Months")
        look.changed.connect(self.update)

    def show_months(self, months: Sequence[str]) -> None:
        """Take the months that the grid holds, latest first."""
        self._months = list(months)
        self.update()

    def show_current(self, key: str) -> None:
        """Say which month is at the top of the grid."""
        self._current = key
        self.update()

    def sizeHint(self) -> QSize:
        """Be as wide as the longest year."""
        return QSize(RAIL, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the marks."""
        painter = QPainter(self)
        shown = self._marks()
        active = max((n for n, mark in enumerate(shown) if mark.key >= self._current), default=0)
        for number, mark in enumerate(shown):
            current = number == active and bool(self._current)
            weight = QFont.Weight.DemiBold if current else QFont.Weight.Normal
            painter.setFont(self._look.fonts.count(TEXT_HEAD, weight))
            tone = "accent" if current else "strong" if number == self._hovered else "faint"
            painter.setPen(self._look.colour(tone))
            painter.drawText(self._place(number), Qt.AlignmentFlag.AlignCenter, mark.text)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Name the month under the cursor."""
        number = self._at(event.position().y())
        if number != self._hovered:
            self._hovered = number
            self.setCursor(Qt.CursorShape.PointingHandCursor if number >= 0 else Qt.CursorShape.ArrowCursor)
            if number >= 0:
                QToolTip.showText(
                    event.globalPosition().toPoint(), month_title(self._marks()[number].key), self
                )
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Light up nothing."""
        self._hovered = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the month under the cursor."""
        number = self._at(event.position().y())
        if number >= 0:
            self.month_chosen.emit(self._marks()[number].key)

    def _marks(self) -> list[Mark]:
        return marks(self._months, max(1, (self.height() - TOP) // PITCH))

    def _place(self, number: int) -> QRect:
        return QRect(16, TOP + number * PITCH, RAIL - 16, PITCH)

    def _at(self, y: float) -> int:
        number = int(y - TOP) // PITCH if y >= TOP else -1
        return number if 0 <= number < len(self._marks()) else -1
