"""What the picture rooms need around them: look, io thread, decode threads, caches and a mark."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from desktop.background import Background
from desktop.canvas.deliveries import Deliveries
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.pixels import DecodePool, PixelCache
from desktop.look.appearance import Appearance
from tests.support.shelf import Shelf

TILE = 128
MOMENT = datetime(2026, 11, 22, 16, 42, tzinfo=UTC)


@dataclass
class Rooms:
    """Everything that the composition would build for the picture rooms."""

    look: Appearance
    background: Background
    shelf: Shelf
    thumbnails: Deliveries
    pictures: Deliveries
    overlay: MarkOverlay

    def mark(self, account: str = "client-12") -> None:
        """Begin a session's mark."""
        self.overlay.begin(account, "7KQ4-M2XD-9F", tile_png())


@contextmanager
def rooms(look: Appearance, shelf: Shelf) -> Iterator[Rooms]:
    """Build the surroundings and take them down, threads included."""
    background, pool = Background(), DecodePool()
    thumbnails = Deliveries(shelf, background, pool, PixelCache(64 << 20))
    pictures = Deliveries(shelf, background, pool, PixelCache(256 << 20))
    overlay = MarkOverlay(look.fonts, lambda: MOMENT)
    try:
        yield Rooms(look, background, shelf, thumbnails, pictures, overlay)
    finally:
        overlay.end()
        background.stop()
        pool.stop()


def tile_png() -> bytes:
    """Make a tile as the server does: black or white, nearly transparent."""
    noise = np.random.default_rng(7)
    alpha = noise.integers(0, 6, (TILE, TILE), dtype=np.uint8)
    white = noise.integers(0, 2, (TILE, TILE), dtype=np.uint8) * np.uint8(255)
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([white, white, white, alpha])).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(widget: QWidget) -> NDArray[np.uint8]:
    """Render a widget, as height × width × RGB in device pixels."""
    return image_pixels(widget.grab().toImage())


def image_pixels(image: QImage) -> NDArray[np.uint8]:
    """Give an image as height × width × RGB."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : plain.width() * 3].reshape(plain.height(), plain.width(), 3).copy()


def near(picture: NDArray[np.uint8], colour: tuple[int, int, int], distance: int = 60) -> int:
    """Count the pixels that nearly have a colour."""
    apart = np.abs(picture.astype(int) - np.array(colour)).max(axis=2)
    return int((apart < distance).sum())
