"""The mark painted over every protected picture: who sees it and when, and the session's invisible tile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPixmap,
    QTransform,
)

from desktop.canvas.device import device_pixels
from desktop.canvas.mark_pattern import ANGLE, Pattern, choose, mark_lines, rotated_size, snapped
from desktop.canvas.pixels import decode
from desktop.look.fonts import Fonts

LARGE = 14
MEDIUM = 10
SMALL = 8
AIRY = 320  # logical pixels between large words
STEP_MS = 2000
STEP = 2  # logical pixels the words move each time
# Alpha of the light words and of the dark rim around them, by font size: smaller text is denser.
ALPHA = {LARGE: (60, 46), MEDIUM: (52, 44), SMALL: (40, 36)}
LARGEST_TILE = 1024


class MarkOverlay(QObject):
    """Paints one session's mark; shared by all widgets that show pictures. Lives on the GUI thread.

    Until it is `ready` nothing protected may be painted.
    """

    changed = Signal()

    def __init__(self, fonts: Fonts, clock: Callable[[], datetime], *, still: bool = False) -> None:
        super().__init__()
        self._fonts = fonts
        self._clock = clock
        self._still = still
        self._account = ""
        self._mark_id = ""
        self._tile: QImage | None = None
        self._patterns: dict[float, list[Pattern]] = {}
        self._painted: dict[tuple[int, float], QPixmap] = {}
        self._shift = 0
        self._minute = ""
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self.advance)

    @property
    def ready(self) -> bool:
        """Say whether the session's mark is known."""
        return self._tile is not None

    @property
    def mark_id(self) -> str:
        """Give the mark id that is painted."""
        return self._mark_id

    def begin(self, account: str, mark_id: str, tile: bytes) -> None:
        """Take a session's mark; `tile` is the server's RGBA PNG, else UnexpectedAnswer is raised."""
        image = decode(tile, None)
        if max(image.width(), image.height()) > LARGEST_TILE:
            raise ValueError(f"an overlay tile of {image.width()} pixels is no tile")
        self._account, self._mark_id = account, mark_id
        self._tile = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self._measure()
        self._timer.start()
        self.changed.emit()

    def end(self) -> None:
        """Forget the session."""
        self._timer.stop()
        self._account, self._mark_id, self._tile = "", "", None
        self._patterns.clear()
        self._painted.clear()
        self.changed.emit()

    def advance(self) -> None:
        """Move the words a little and keep the minute right."""
        minute = self._now_minute()
        if self._still and minute == self._minute:
            return
        if not self._still:
            self._shift += STEP
        self._measure()
        self.changed.emit()

    def paint(self, painter: QPainter, area: QRectF, *, anchored: bool = False) -> None:
        """Paint the mark over `area` (logical pixels of the widget that is being painted).

        The tile lies on whole device pixels whatever the pixel ratio, so that a screenshot holds it at scale
        1. The pattern starts at the widget's corner, or, `anchored`, at the area's (thumbnails that scroll).
        """
        self._known_tile()
        with device_pixels(painter) as ratio:
            pattern = choose(self._patterns_at(ratio), area.width(), area.height())
            left, top = round(area.x() * ratio), round(area.y() * ratio)
            right, bottom = round(area.right() * ratio), round(area.bottom() * ratio)
            start = QPoint(left, top) if anchored else QPoint(0, 0)
            covered = QRect(left, top, right - left, bottom - top)
            painter.drawTiledPixmap(covered, self._pixmap(pattern, ratio), covered.topLeft() - start)

    def _known_tile(self) -> QImage:
        if self._tile is None:
            raise RuntimeError("nothing protected may be painted before the mark is known")
        return self._tile

    def _now_minute(self) -> str:
        return self._clock().strftime("%Y-%m-%d %H:%M")

    def _lines(self, size: int) -> tuple[str, ...]:
        return mark_lines(self._account, self._clock(), self._mark_id, narrow=size == SMALL)

    def _font(self, size: int) -> QFont:
        return self._fonts.text(size, QFont.Weight.DemiBold)

    def _measure(self) -> None:
        self._minute = self._now_minute()
        self._patterns.clear()
        self._painted.clear()

    def _patterns_at(self, ratio: float) -> list[Pattern]:
        """Give the patterns from large to small, their periods rounded up to whole tiles of device pixels."""
        if ratio not in self._patterns:
            self._patterns[ratio] = [self._pattern(size, ratio) for size in (LARGE, MEDIUM, SMALL)]
        return self._patterns[ratio]

    def _pattern(self, size: int, ratio: float) -> Pattern:
        tile = self._known_tile()
        metrics = QFontMetricsF(self._font(size))
        lines = self._lines(size)
        width = max(metrics.horizontalAdvance(text) for text in lines) + size / 2
        across, down = rotated_size(width, metrics.height() * len(lines))
        # Over a large picture a short name needs no denser pattern than a long one.
        length = max(across + 4 * size, AIRY) if size == LARGE else across + 2 * size
        wide = snapped(length, tile.width(), ratio) / ratio
        high = snapped(2 * down, tile.height(), ratio) / ratio
        return Pattern(size, (across, down), (wide, high))

    def _pixmap(self, pattern: Pattern, ratio: float) -> QPixmap:
        key = (pattern.font, ratio)
        found = self._painted.get(key)
        if found is None:
            found = self._compose(pattern, ratio)
            self._painted[key] = found
        return found

    def _compose(self, pattern: Pattern, ratio: float) -> QPixmap:
        """Paint one period: the invisible tile repeated, and the words over it, wrapped around the edges."""
        tile = self._known_tile()
        width, height = round(pattern.period[0] * ratio), round(pattern.period[1] * ratio)
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        painter = QPainter(image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(image.rect(), QBrush(tile))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words, rim = self._words(pattern, ratio)
        light, dark = ALPHA[pattern.font]
        shift_x, shift_y = self._shift * ratio % width, self._shift * ratio / 2 % height
        for start_x, start_y in ((0.0, 0.0), (width / 2, height / 2)):
            for wrap_x in (-width, 0, width):
                for wrap_y in (-height, 0, height):
                    at = QPointF(start_x + shift_x + wrap_x, start_y + shift_y + wrap_y)
                    painter.fillPath(rim.translated(at), QColor(0, 0, 0, dark))
                    painter.fillPath(words.translated(at), QColor(255, 255, 255, light))
        painter.end()
        return QPixmap.fromImage(image, Qt.ImageConversionFlag.NoFormatConversion)

    def _words(self, pattern: Pattern, ratio: float) -> tuple[QPainterPath, QPainterPath]:
        """Make the stamp's outlines, its box's corner at the origin: the words, and the rim around them."""
        font = self._font(pattern.font)
        metrics = QFontMetricsF(font)
        straight = QPainterPath()
        for number, text in enumerate(self._lines(pattern.font)):
            straight.addText(0, metrics.ascent() + number * metrics.height(), font, text)
        turned = (QTransform.fromScale(ratio, ratio) * QTransform().rotate(ANGLE)).map(straight)
        box: QRectF = turned.boundingRect()
        words = turned.translated(-box.x(), -box.y())
        stroker = QPainterPathStroker()
        stroker.setWidth(max(1.5, pattern.font / 7) * ratio)
        return words, stroker.createStroke(words).subtracted(words)
