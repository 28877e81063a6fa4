"""Buttons that are an icon, and buttons that are a small pill of icon and words."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolButton, QWidget

from desktop.look.appearance import Appearance
from desktop.look.tokens import CONTROL, TEXT_SMALL

PILL_HEIGHT = 24


class IconButton(QToolButton):
    """A square button with an icon; its name is both tool tip and accessible name."""

    def __init__(
        self,
        look: Appearance,
        icon: str,
        name: str,
        on_click: Callable[[], None] | None = None,
        *,
        keys: str = "",
        checkable: bool = False,
        size: int = 18,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._icon = icon
        self._tone = "normal"
        self._size = size
        self.setCheckable(checkable)
        self.setFixedSize(CONTROL, CONTROL)
        self.setIconSize(QSize(size, size))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rename(name, keys)
        if on_click is not None:
            # `clicked` carries a bool that no caller wants.
            self.clicked.connect(lambda checked: on_click())
        look.changed.connect(self._refresh)
        self._refresh()

    def rename(self, name: str, keys: str = "") -> None:
        """Change what the button says it does."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({keys})" if keys else name)

    def show_icon(self, icon: str, tone: str = "normal") -> None:
        """Change the icon and its colour token."""
        if (icon, tone) != (self._icon, self._tone):
            self._icon, self._tone = icon, tone
            self._refresh()

    def _refresh(self) -> None:
        palette = self._look.palette
        colour = str(getattr(palette, self._tone))
        active = palette.strong if self._tone == "normal" else colour
        self.setIcon(self._look.icons.icon(self._icon, self._size, colour, active))


class Pill(QWidget):
    """A small rounded label with an icon, tinted by a colour token (the protection level, an alarm)."""

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icon = ""
        self._text = ""
        self._tone = "normal"
        self.setFixedHeight(PILL_HEIGHT)
        look.changed.connect(self.update)

    def say(self, icon: str, text: str, tone: str) -> None:
        """Show an icon and a word in a colour token."""
        self._icon, self._text, self._tone = icon, text, tone
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Fit the words."""
        width = QFontMetricsF(self._look.fonts.text(TEXT_SMALL)).horizontalAdvance(self._text)
        return QSize(round(width) + 40, PILL_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pill; one that has nothing to say yet paints nothing."""
        if not self._text:
            return
        colour = self._look.colour(self._tone)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = self._look.colour(self._tone)
        ground.setAlphaF(0.15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()), PILL_HEIGHT / 2, PILL_HEIGHT / 2)
        ratio = self.devicePixelRatioF()
        icon = self._look.icons.pixmap(self._icon, 14, colour.name(), ratio)
        painter.drawPixmap(10, (PILL_HEIGHT - 14) // 2, icon)
        painter.setPen(colour)
        painter.setFont(self._look.fonts.text(TEXT_SMALL))
        words = QRectF(30, 0, self.width() - 36, PILL_HEIGHT)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._text)
        painter.end()
