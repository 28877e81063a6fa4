"""The mark painted over every protected picture: who sees it and when, and the session's invisible tile."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from itertools import product

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
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
from desktop.canvas.mark_pattern import ANGLE, Pattern, Stamp, Style, fitted, mark_lines
from desktop.canvas.pixels import decode
from desktop.look.fonts import Fonts

LARGE = 14
MEDIUM = 12
SMALL = 10
SMALLEST = 8
STEP_SECONDS = 10
STEPS = 10_000  # a day and some hours until they begin again
STEP = 3  # logical pixels the words move each time, so that no line of them burns into a screen
# Alpha of the light words and of the dark rim around them, by font size: smaller text is denser.
ALPHA = {LARGE: (60, 46), MEDIUM: (56, 45), SMALL: (44, 38), SMALLEST: (38, 33)}
LARGEST_TILE = 1024
STRONGER = 2  # times as opaque, once somebody has read something sealed
PATTERNS_KEPT = 64


class MarkOverlay(QObject):
    """Paints one session's mark; shared by all widgets that show pictures. Lives on the GUI thread.

    Until it is `ready` nothing protected may be painted.
    """

    changed = Signal()

    def __init__(self, fonts: Fonts, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._fonts = fonts
        self._clock = clock
        self._account = ""
        self._mark_id = ""
        self._tile: QPixmap | None = None
        self._strong = False
        self._styles: list[Style] = []
        self._patterns: dict[tuple[int, int], Pattern] = {}
        self._stamps: dict[tuple[int, Stamp, float], tuple[QImage, QPoint]] = {}
        self._painted: OrderedDict[tuple[Pattern, float], QPixmap] = OrderedDict()
        self._shift = 0
        self._minute = ""
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_SECONDS * 1000)
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
        self._tile = QPixmap.fromImage(image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
        self.advance()
        self._timer.start()

    def strengthen(self) -> None:
        """Write the words more plainly until the session ends."""
        self._strong = True
        self._stamps.clear()
        self._painted.clear()
        self.changed.emit()

    def end(self) -> None:
        """Forget the session."""
        self._timer.stop()
        self._strong = False
        self._account, self._mark_id, self._tile, self._minute = "", "", None, ""
        self._forget()
        self.changed.emit()

    def advance(self) -> None:
        """Move the words a little and keep the minute right; where they are follows from the time alone."""
        moment = self._clock()
        self._shift = int(moment.timestamp()) // STEP_SECONDS % STEPS * STEP
        minute = moment.strftime("%Y-%m-%d %H:%M")
        if minute != self._minute:
            self._minute = minute
            self._forget()
        self.changed.emit()

    def paint(self, painter: QPainter, area: QRectF, *, anchored: bool = False) -> None:
        """Paint the mark over `area` (logical pixels of the widget that is being painted).

        The tile lies on whole device pixels whatever the pixel ratio, so that a screenshot holds it at scale
        1, and runs through from the widget's corner: many small pictures in one screenshot read as one. The
        words start at that corner, too, or, `anchored`, at the area's (thumbnails that scroll).
        """
        tile = self._known_tile()
        with device_pixels(painter) as ratio:
            left, top = round(area.x() * ratio), round(area.y() * ratio)
            right, bottom = round(area.right() * ratio), round(area.bottom() * ratio)
            covered = QRect(left, top, right - left, bottom - top)
            _lay(painter, covered, tile, QPoint(0, 0))
            words = self._words(self._pattern(area.width(), area.height()), ratio)
            start = covered.topLeft() if anchored else QPoint(0, 0)
            moved = QPoint(round(self._shift * ratio), round(self._shift * ratio / 2))
            _lay(painter, covered, words, start + moved)

    def _known_tile(self) -> QPixmap:
        if self._tile is None:
            raise RuntimeError("nothing protected may be painted before the mark is known")
        return self._tile

    def _forget(self) -> None:
        self._styles.clear()
        self._patterns.clear()
        self._stamps.clear()
        self._painted.clear()

    # What is written, and where

    def _pattern(self, width: float, height: float) -> Pattern:
        # Smaller by up to a point: a pattern that fits the smaller area fits the larger one.
        size = int(width), int(height)
        if size not in self._patterns:
            if not self._styles:
                self._styles = self._made_styles()
            self._patterns[size] = fitted(self._styles, *size)
        return self._patterns[size]

    def _made_styles(self) -> list[Style]:
        """List the ways to write the mark: the best first; the smallest words only where no others fit."""
        made = []
        for sizes in ((LARGE, MEDIUM, SMALL), (SMALLEST,)):
            stamps = {size: self._made_stamps(size) for size in sizes}
            for corner, middle in ((0, 0), (0, 2), (1, 2), (2, 2)):
                for size, choice in stamps.items():
                    id_size = choice[2].width, choice[2].height
                    made.append(Style(size, choice[corner], choice[middle], id_size))
        return made

    def _made_stamps(self, size: int) -> tuple[Stamp, Stamp, Stamp]:
        """Measure two lines, three lines, and the mark id alone."""
        metrics, moment = QFontMetricsF(self._font(size)), self._clock()
        wide, narrow = (
            mark_lines(self._account, moment, self._mark_id, narrow=narrow) for narrow in (False, True)
        )
        made = [
            Stamp(lines, max(map(metrics.horizontalAdvance, lines)), metrics.height() * len(lines))
            for lines in (wide, narrow, (self._mark_id,))
        ]
        return made[0], made[1], made[2]

    def _font(self, size: int) -> QFont:
        return self._fonts.text(size, QFont.Weight.DemiBold)

    # Painted once and laid down again and again

    def _words(self, pattern: Pattern, ratio: float) -> QPixmap:
        key = (pattern, ratio)
        found = self._painted.get(key)
        if found is None:
            found = self._painted[key] = self._compose(pattern, ratio)
            if len(self._painted) > PATTERNS_KEPT:
                self._painted.popitem(last=False)
        self._painted.move_to_end(key)
        return found

    def _compose(self, pattern: Pattern, ratio: float) -> QPixmap:
        """Paint one period of words, wrapped around the edges."""
        wide, high = (int(length * ratio) for length in pattern.period)
        image = QImage(wide, high, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        style = pattern.style
        for stamp, place in ((style.corner, QPoint(0, 0)), (style.middle, QPoint(wide // 2, high // 2))):
            drawn, middle = self._drawn(style.font, stamp, ratio)
            columns, rows = drawn.width() // wide + 1, drawn.height() // high + 1
            for column, row in product(range(-columns, columns + 1), range(-rows, rows + 1)):
                painter.drawImage(place - middle + QPoint(column * wide, row * high), drawn)
        painter.end()
        return QPixmap.fromImage(image, Qt.ImageConversionFlag.NoFormatConversion)

    def _drawn(self, size: int, stamp: Stamp, ratio: float) -> tuple[QImage, QPoint]:
        """Draw a stamp, light words in a dark rim; gives where in the image the middle of the mark id is."""
        key = (size, stamp, ratio)
        if key not in self._stamps:
            words, rim = _outlines(self._font(size), stamp.lines, ratio)
            box = rim.boundingRect().united(words.boundingRect()).toAlignedRect()
            image = QImage(box.size(), QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            light, dark = (alpha * (STRONGER if self._strong else 1) for alpha in ALPHA[size])
            painter = QPainter(image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(-box.topLeft())
            painter.fillPath(rim, QColor(0, 0, 0, dark))
            painter.fillPath(words, QColor(255, 255, 255, light))
            painter.end()
            self._stamps[key] = image, -box.topLeft()
        return self._stamps[key]


def _lay(painter: QPainter, area: QRect, pattern: QPixmap, start: QPoint) -> None:
    """Fill an area with a pattern that starts anywhere."""
    offset = area.topLeft() - start
    painter.drawTiledPixmap(
        area, pattern, QPoint(offset.x() % pattern.width(), offset.y() % pattern.height())
    )


def _outlines(font: QFont, lines: tuple[str, ...], ratio: float) -> tuple[QPainterPath, QPainterPath]:
    """Make outlines of turned lines and of a rim around them; the middle of the last line is the origin."""
    metrics = QFontMetricsF(font)
    straight = QPainterPath()
    for above, text in enumerate(reversed(lines)):
        across = -metrics.horizontalAdvance(text) / 2
        straight.addText(QPointF(across, metrics.ascent() - (above + 0.5) * metrics.height()), font, text)
    words = (QTransform.fromScale(ratio, ratio) * QTransform().rotate(ANGLE)).map(straight)
    stroker = QPainterPathStroker()
    stroker.setWidth(max(1.5, font.pixelSize() / 7) * ratio)
    return words, stroker.createStroke(words).subtracted(words)
