"""Painting in device pixels, so that what must be sharp lies on whole pixels whatever the pixel ratio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QPainter, QTransform


@contextmanager
def device_pixels(painter: QPainter) -> Iterator[float]:
    """Make the painter's unit a device pixel and its origin a whole one; gives the pixel ratio."""
    device = painter.deviceTransform()
    ratio = device.m11()
    # With a fractional ratio a widget's corner may lie between two device pixels.
    whole = QTransform.fromTranslate(round(device.dx()) - device.dx(), round(device.dy()) - device.dy())
    painter.save()
    try:
        painter.setTransform(whole * QTransform.fromScale(1 / ratio, 1 / ratio) * painter.transform())
        yield ratio
    finally:
        painter.restore()
