"""Smooth scrolling of a scroll bar: wheel notches glide, trackpads follow the fingers."""

from __future__ import annotations

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QPropertyAnimation, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QScrollBar

from desktop.look.motion import Motion

NOTCH = 120


class SmoothScroll:
    """Moves one scroll bar."""

    def __init__(self, bar: QScrollBar, motion: Motion, *, notch: int = NOTCH) -> None:
        self._bar = bar
        self._motion = motion
        self._notch = notch
        self._glide = QPropertyAnimation(bar, b"value", bar)
        self._glide.setEasingCurve(QEasingCurve.Type.OutCubic)

    def wheel(self, event: QWheelEvent) -> None:
        """Scroll by a wheel or by fingers; either axis moves the one bar."""
        fingers = event.pixelDelta()
        turn = event.angleDelta()
        if not fingers.isNull() and event.source() != Qt.MouseEventSource.MouseEventNotSynthesized:
            self.jump(self._bar.value() - (fingers.y() or fingers.x()))
        elif not turn.isNull():
            self.to(self._aim() - round((turn.y() or turn.x()) / 120 * self._notch))
        event.accept()

    def to(self, value: int) -> None:
        """Glide to a value."""
        value = min(max(value, self._bar.minimum()), self._bar.maximum())
        self._glide.stop()
        if not self._motion.calm:
            self._bar.setValue(value)
            return
        self._glide.setDuration(self._motion.calm)
        self._glide.setStartValue(self._bar.value())
        self._glide.setEndValue(value)
        self._glide.start()

    def jump(self, value: int) -> None:
        """Go to a value at once."""
        self._glide.stop()
        self._bar.setValue(value)

    def reveal(self, start: int, end: int, room: int, at_once: bool = False) -> None:
        """Move no more than needed to bring a span into view."""
        value = self._aim()
        if start < value:
            value = start
        elif end > value + room:
            value = min(start, end - room)
        if value != self._aim():
            self.jump(value) if at_once else self.to(value)

    def _aim(self) -> int:
        """Give where the bar is going."""
        if self._glide.state() == QAbstractAnimation.State.Running:
            return int(self._glide.endValue())
        return self._bar.value()
