"""One line of the sidebar: icon, name and count."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from desktop.look.appearance import Appearance
from desktop.look.tokens import CONTROL, RADIUS, SIDEBAR

INDENT = 18
ICON = 16


class NavRow(QAbstractButton):
    """A checkable line; the name is cut in the middle where it is too long, never the count."""

    def __init__(
        self, look: Appearance, icon: str, name: str, *, depth: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._icon = icon
        self._count: int | None = None
        self._depth = depth
        self._under_cursor = False
        self.setText(name)
        self.setCheckable(True)
        self.setFixedHeight(CONTROL)
        self.setMinimumWidth(SIDEBAR - 16)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)
        look.changed.connect(self.update)

    def set_count(self, count: int | None) -> None:
        """Show a number at the right."""
        self._count = count
        self.setAccessibleName(self.text() if count is None else f"{self.text()}, {count:,}")
        self.update()

    def sizeHint(self) -> QSize:
        """Fill the sidebar's width."""
        return QSize(SIDEBAR - 16, CONTROL)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up."""
        self._under_cursor = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to rest."""
        self._under_cursor = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, icon, name, count and, with the keyboard's focus, the ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        checked = self.isChecked()
        area = QRectF(self.rect())
        if checked or self._under_cursor:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("pressed" if checked else "raised"))
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._look.colour("accent"), 2))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
        tone = "strong" if checked else "normal"
        left = 10 + self._depth * INDENT
        colour = str(getattr(self._look.palette, tone))
        icon = self._look.icons.pixmap(self._icon, ICON, colour, self.devicePixelRatioF())
        painter.drawPixmap(left, (self.height() - ICON) // 2, icon)
        right = self.width() - 10
        if self._count is not None:
            painter.setFont(self._look.fonts.count())
            painter.setPen(self._look.colour("faint"))
            words = f"{self._count:,}"
            wide = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(
                QRect(right - wide, 0, wide, self.height()), Qt.AlignmentFlag.AlignVCenter, words
            )
            right -= wide + 8
        painter.setFont(
            self._look.fonts.text(weight=self.font().Weight.Medium if checked else self.font().Weight.Normal)
        )
        painter.setPen(self._look.colour(tone))
        start = left + ICON + 10
        name = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, right - start)
        painter.drawText(QRect(start, 0, right - start, self.height()), Qt.AlignmentFlag.AlignVCenter, name)
        painter.end()
