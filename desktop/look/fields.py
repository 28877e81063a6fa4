"""Fields whose signs the style sheet cannot draw: lists and days with a chevron, boxes with a tick."""

from __future__ import annotations

from PySide6.QtCore import QDate, QPointF, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from desktop.look.appearance import Appearance

HALF = 4.0
FROM_EDGE = 16


class Choice(QComboBox):
    """A list to choose one of."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, then its chevron."""
        super().paintEvent(event)
        _chevron(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what scrolls: it must not change what was chosen."""
        event.ignore()


class Day(QDateEdit):
    """A day, from a calendar that opens below."""

    def __init__(self, day: QDate, earliest: QDate) -> None:
        super().__init__(day)
        self.setMinimumDate(earliest)
        self.setCalendarPopup(True)
        self.setDisplayFormat("d MMM yyyy")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, then its chevron."""
        super().paintEvent(event)
        _chevron(self)


class Tick(QCheckBox):
    """A check box whose tick is drawn with our own icon."""

    def __init__(self, look: Appearance, text: str) -> None:
        super().__init__(text)
        self._look = look

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, then the tick."""
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            box: QRect = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
            tick = self._look.icons.pixmap(
                "check", 14, self._look.palette.on_accent, self.devicePixelRatioF()
            )
            painter = QPainter(self)
            painter.drawPixmap(box.center().x() - 6, box.center().y() - 6, tick)
            painter.end()


def _chevron(field: QWidget) -> None:
    colour = field.palette().color(
        QPalette.ColorRole.PlaceholderText if field.isEnabled() else QPalette.ColorRole.Mid
    )
    x, y = field.width() - FROM_EDGE, field.height() / 2
    corners = ((-HALF, -HALF / 2), (0.0, HALF / 2), (HALF, -HALF / 2))
    round_ends, round_joins = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter = QPainter(field)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.6, Qt.PenStyle.SolidLine, round_ends, round_joins))
    painter.drawPolyline(QPolygonF([QPointF(x + right, y + down) for right, down in corners]))
    painter.end()
