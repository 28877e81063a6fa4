"""Five stars that can be clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop.look.appearance import Appearance

SIZE = 16
PITCH = 21


class Stars(QWidget):
    """Shows a rating; a click on a star asks for it, on the last lit one for none."""

    rated = Signal(int)

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._rating = 0
        self._hovered = 0
        self._editable = True
        self.setFixedSize(5 * PITCH + 4, SIZE + 8)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        look.changed.connect(self.update)
        self.show_rating(0)

    def show_rating(self, rating: int) -> None:
        """Light a number of stars."""
        self._rating = rating
        self.setAccessibleName(f"{rating} of 5 stars")
        self.update()

    def set_editable(self, editable: bool) -> None:
        """Say whether a click does anything."""
        self._editable = editable
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if editable else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if editable else Qt.CursorShape.ArrowCursor)

    def sizeHint(self) -> QSize:
        """Be as wide as five stars."""
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stars."""
        painter = QPainter(self)
        lit = self._hovered or self._rating
        palette, ratio = self._look.palette, self.devicePixelRatioF()
        for number in range(5):
            colour = palette.accent if number < lit else palette.line
            star = self._look.icons.pixmap("star", SIZE, colour, ratio, filled=True)
            painter.drawPixmap(number * PITCH, 4, star)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._look.colour("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the stars up to the cursor."""
        self._hover(self._at(event) if self._editable else 0)

    def leaveEvent(self, event: QEvent) -> None:
        """Light the rating again."""
        self._hover(0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for a rating."""
        if self._editable:
            stars = self._at(event)
            self.rated.emit(0 if stars == self._rating else stars)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Rate with the left and right arrows."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step and self._editable:
            self.rated.emit(min(5, max(0, self._rating + step)))
        else:
            super().keyPressEvent(event)

    def _at(self, event: QMouseEvent) -> int:
        return min(5, max(1, int(event.position().x() // PITCH) + 1))

    def _hover(self, stars: int) -> None:
        if stars != self._hovered:
            self._hovered = stars
            self.update()
