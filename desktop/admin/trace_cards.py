"""The card of a finding: a picture's thumbnail, whose mark or which picture it is, and how certain."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from desktop.admin.trace_words import TONES, CardWords
from desktop.canvas.deliveries import Deliveries, Urgency, Want
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.pixels import PixelKey
from desktop.client.errors import Failure
from desktop.look.appearance import Appearance
from desktop.look.tokens import TEXT_SMALL

HEIGHT = 78
THUMBNAIL = QSize(84, 56)
EDGE = 11
ROUND = 8


class FindingCard(QAbstractButton):
    """One finding; the chosen one's evidence is drawn."""

    def __init__(
        self,
        look: Appearance,
        deliveries: Deliveries,
        overlay: MarkOverlay,
        words: CardWords,
        picture_id: str | None,
    ) -> None:
        """Show the thumbnail of a picture, if it is known and may be seen."""
        super().__init__()
        self._look = look
        self._deliveries = deliveries
        self._overlay = overlay
        self.words = words
        self._key = None if picture_id is None else PixelKey(picture_id, "thumbnail")
        self._want: Want | None = None
        self._failed = False
        self._shielded = False
        self.setCheckable(True)
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(words.all)
        self.setToolTip(f"{words.first}\n{words.second}")
        look.changed.connect(self.update)
        overlay.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Be as wide as there is room."""
        return QSize(320, HEIGHT)

    def set_shielded(self, shielded: bool) -> None:
        """Hide the thumbnail, or show it again."""
        self._shielded = shielded
        self.repaint() if shielded else self.update()

    def forget(self) -> None:
        """Ask for no thumbnail any more."""
        if self._want is not None:
            self._want.cancel()
            self._want = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge = "accent" if self.hasFocus() or self.isChecked() else "line"
        painter.setPen(QPen(self._look.colour(edge), 1))
        painter.setBrush(self._look.colour("pressed" if self.isDown() else "raised"))
        painter.drawRoundedRect(frame, ROUND, ROUND)
        self._paint_thumbnail(painter)
        left = EDGE + THUMBNAIL.width() + 12
        room = self.width() - left - EDGE
        painter.setFont(self._look.fonts.text(weight=QFont.Weight.DemiBold))
        metrics = painter.fontMetrics()
        tag = self._tag_width()
        title = metrics.elidedText(self.words.title, Qt.TextElideMode.ElideRight, room - tag - 8)
        painter.setPen(self._look.colour("strong"))
        painter.drawText(left, 12, room, 20, Qt.AlignmentFlag.AlignVCenter, title)
        self._paint_tag(painter, left + metrics.horizontalAdvance(title) + 8, tag)
        painter.setFont(self._look.fonts.count(TEXT_SMALL))
        painter.setPen(self._look.colour("normal"))
        for number, line in enumerate((self.words.first, self.words.second)):
            cut = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, room)
            painter.drawText(left, 32 + 17 * number, room, 17, Qt.AlignmentFlag.AlignVCenter, cut)
        painter.end()

    def _tag_width(self) -> int:
        return QFontMetrics(self._look.fonts.text(TEXT_SMALL)).horizontalAdvance(self.words.certainty) + 14

    def _paint_tag(self, painter: QPainter, left: int, width: int) -> None:
        colour = self._look.colour(TONES.get(self.words.certainty, "normal"))
        ground = self._look.colour(TONES.get(self.words.certainty, "normal"))
        ground.setAlphaF(0.15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        box = QRectF(left, 13, width, 18)
        painter.drawRoundedRect(box, 9, 9)
        painter.setPen(colour)
        painter.setFont(self._look.fonts.text(TEXT_SMALL))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.words.certainty)

    def _paint_thumbnail(self, painter: QPainter) -> None:
        box = QRectF(EDGE, EDGE, THUMBNAIL.width(), THUMBNAIL.height())
        corners = QPainterPath()
        corners.addRoundedRect(box, 4, 4)
        image = None if self._shielded else self._thumbnail()
        if image is None or not self._overlay.ready:
            painter.fillPath(corners, self._look.colour("pressed"))
            icon = self._look.icons.pixmap("image", 20, self._look.palette.faint, self.devicePixelRatioF())
            painter.drawPixmap(round(box.center().x()) - 10, round(box.center().y()) - 10, icon)
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(corners)
        scale = max(box.width() / image.width(), box.height() / image.height())
        part = QRectF(0, 0, box.width() / scale, box.height() / scale)
        part.moveCenter(QRectF(image.rect()).center())
        painter.drawImage(box, image, part)
        self._overlay.paint(painter, box, anchored=True)
        painter.restore()

    def _thumbnail(self) -> QImage | None:
        if self._key is None or self._failed:
            return None
        image = self._deliveries.cache.get(self._key)
        if image is None and self._want is None:

            def arrived(_image: QImage) -> None:
                self._want = None
                self.update()

            def failed(_failure: Failure) -> None:
                # The card says what was found; a picture that cannot be shown stays a grey box.
                self._want, self._failed = None, True

            size = THUMBNAIL * self.devicePixelRatioF()
            self._want = self._deliveries.ask(self._key, size, Urgency.SEEN, arrived, failed)
        return image
