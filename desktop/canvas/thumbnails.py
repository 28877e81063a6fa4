"""The thumbnails a widget shows: wanted while they are in view, given up when they leave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from desktop.canvas.deliveries import Deliveries, Urgency, Want
from desktop.canvas.pixels import PixelKey
from desktop.client.errors import Failure

TOO_SMALL = 0.8


def thumbnail_key(picture_id: str) -> PixelKey:
    """Name a picture's thumbnail."""
    return PixelKey(picture_id, "thumbnail")


class Thumbnails:
    """One widget's thumbnails; lives on the GUI thread."""

    def __init__(self, deliveries: Deliveries, on_change: Callable[[str], None]) -> None:
        self._deliveries = deliveries
        self._on_change = on_change
        self._wants: dict[str, Want] = {}
        self._broken: dict[str, Failure] = {}
        self._full: set[str] = set()

    def image(self, picture_id: str) -> QImage | None:
        """Give a thumbnail that is in memory."""
        return self._deliveries.cache.get(thumbnail_key(picture_id))

    def failure(self, picture_id: str) -> Failure | None:
        """Give the reason why a thumbnail did not come."""
        return self._broken.get(picture_id)

    def need(self, boxes: Mapping[str, QSize]) -> None:
        """Want exactly these pictures, each to cover a box in device pixels; the others are given up."""
        for gone in self._wants.keys() - boxes.keys():
            self._wants.pop(gone).cancel()
        for picture_id, box in boxes.items():
            if picture_id in self._wants or picture_id in self._broken:
                continue
            image = self.image(picture_id)
            if image is not None and self._good_enough(picture_id, image, box):
                continue
            self._wants[picture_id] = self._deliveries.ask(
                thumbnail_key(picture_id),
                box,
                Urgency.SEEN,
                lambda image, box=box, key=picture_id: self._arrived(key, image, box),  # type: ignore[misc]  # mypy cannot infer a lambda's default
                lambda failure, key=picture_id: self._failed(key, failure),  # type: ignore[misc]  # the same
            )

    def retry(self) -> None:
        """Ask again for what failed (the server is back)."""
        self._broken.clear()

    def forget(self, picture_id: str | None = None) -> None:
        """Drop what is known of one picture, or of all."""
        if picture_id is None:
            self.need({})
            self._broken.clear()
            self._full.clear()
        else:
            self._broken.pop(picture_id, None)
            self._full.discard(picture_id)

    def _good_enough(self, picture_id: str, image: QImage, box: QSize) -> bool:
        if picture_id in self._full:
            return True
        return image.width() >= box.width() * TOO_SMALL and image.height() >= box.height() * TOO_SMALL

    def _arrived(self, picture_id: str, image: QImage, box: QSize) -> None:
        self._wants.pop(picture_id, None)
        if image.width() < box.width() or image.height() < box.height():
            self._full.add(picture_id)  # there is no larger one
        self._on_change(picture_id)

    def _failed(self, picture_id: str, failure: Failure) -> None:
        self._wants.pop(picture_id, None)
        self._broken[picture_id] = failure
        self._on_change(picture_id)
