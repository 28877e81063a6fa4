"""Getting the pixels of one opened picture, coarse to fine, and the next ones ahead of time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QImage

from desktop.background import Task
from desktop.canvas.deliveries import Deliveries, Urgency, Want
from desktop.canvas.layers import Layers
from desktop.canvas.pixels import PixelKey
from desktop.canvas.tiles import TileSource, needs_tiles, screen_share, tiles_in_view
from desktop.canvas.viewport import Viewport, opened
from desktop.client.errors import Failure
from desktop.client.models import Picture

SETTLE_MS = 90
SLOW_MS = 400


def screen_key(picture_id: str) -> PixelKey:
    """Name the screen rendition."""
    return PixelKey(picture_id, "screen")


def exact_key(picture_id: str, view: Viewport) -> PixelKey:
    """Name the picture scaled to its size on the screen."""
    box = view.device_box
    return PixelKey(picture_id, "exact", round(box.width), round(box.height))


def can_be_exact(view: Viewport) -> bool:
    """Say whether scaling the whole picture is worth it: not when little of it is in view."""
    box = view.device_box
    room = view.width * view.height * view.ratio**2
    share = screen_share(view.picture_width, view.picture_height)
    return view.zoom <= share * 1.02 and box.width * box.height <= 2 * room


class PictureLoad(QObject):
    """Wants what the canvas needs of one picture, and gives up what it no longer needs."""

    changed = Signal()
    failed = Signal(object)
    slow = Signal()

    def __init__(self, pictures: Deliveries, thumbnails: Deliveries, parent: QObject) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._thumbnails = thumbnails
        self._picture_id = ""
        self._view: Viewport | None = None
        self._want: Want | None = None
        self._scaling: Task | None = None
        self._tiles: TileSource | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._sharpen)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self._still_waiting)

    def start(self, picture: Picture, view: Viewport) -> None:
        """Fetch what is missing of a picture."""
        self.stop()
        self._picture_id, self._view = picture.id, view
        self._tiles = TileSource(self._pictures, picture.id, self.changed.emit)
        self._tiles.look(view)
        key = screen_key(picture.id)
        if self._pictures.cache.get(key) is not None:
            self._settle.start(0)
            return
        self._slow.start()
        self._want = self._pictures.ask(key, None, Urgency.NOW, self._arrived, self._failed)

    def follow(self, view: Viewport) -> None:
        """Fetch what another view of the same picture needs."""
        self._view = view
        if self._tiles is not None:
            self._tiles.look(view)
            self._settle.start(SETTLE_MS)

    def layers(self, picture: Picture, view: Viewport) -> Layers:
        """Gather what is in memory."""
        cache = self._pictures.cache
        screen = cache.get(screen_key(picture.id))
        thumbnail = self._thumbnails.cache.get(PixelKey(picture.id, "thumbnail")) if screen is None else None
        tiles = self._tiles.ready(view) if self._tiles is not None else []
        return Layers(
            colour=picture.colour,
            thumbnail=thumbnail,
            screen=screen,
            exact=cache.get(exact_key(picture.id, view)) if can_be_exact(view) else None,
            tiles=tiles,
            covered=needs_tiles(view) and len(tiles) == len(tiles_in_view(view)),
        )

    def stop(self) -> None:
        """Give everything up."""
        self._slow.stop()
        self._settle.stop()
        if self._want is not None:
            self._want.cancel()
            self._want = None
        if self._scaling is not None:
            self._scaling.cancel()
            self._scaling = None
        if self._tiles is not None:
            self._tiles.stop()
            self._tiles = None

    def _arrived(self, image: QImage) -> None:
        self._want = None
        self._slow.stop()
        self._settle.start(0)
        self.changed.emit()

    def _failed(self, failure: Failure) -> None:
        self._want = None
        self._slow.stop()
        self.failed.emit(failure)

    def _still_waiting(self) -> None:
        if self._thumbnails.cache.get(PixelKey(self._picture_id, "thumbnail")) is None:
            self.slow.emit()

    def _sharpen(self) -> None:
        """Have the picture scaled to its size on the screen, once the view has come to rest."""
        view = self._view
        if view is None or not can_be_exact(view):
            return
        key = exact_key(self._picture_id, view)
        screen = self._pictures.cache.get(screen_key(self._picture_id))
        if screen is None or self._pictures.cache.get(key) is not None:
            return
        if self._scaling is not None:
            self._scaling.cancel()

        def scaled(image: QImage) -> None:
            self._scaling = None
            self._pictures.cache.put(key, image)
            self.changed.emit()

        self._scaling = self._pictures.rescale(screen, QSize(key.column, key.row), scaled, self)


class Ahead(QObject):
    """Fetches, decodes and scales the pictures that will probably be opened next."""

    def __init__(self, pictures: Deliveries, parent: QObject) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._wants: dict[str, Want] = {}
        self._scalings: dict[str, Task] = {}

    def prepare(self, wanted: Sequence[Picture], width: float, height: float, ratio: float) -> None:
        """Get these ready for a view of this size, and give up others under way."""
        ids = {picture.id for picture in wanted}
        for gone in set(self._wants) - ids:
            self._wants.pop(gone).cancel()
        for gone in set(self._scalings) - ids:
            self._scalings.pop(gone).cancel()
        for picture in wanted:
            view = opened(width, height, ratio, max(picture.width, 1), max(picture.height, 1))
            screen = self._pictures.cache.get(screen_key(picture.id))
            if screen is not None:
                self._scale(picture.id, view, screen)
            elif picture.id not in self._wants:
                self._wants[picture.id] = self._fetch(picture.id, view)

    def stop(self) -> None:
        """Give everything up."""
        self.prepare([], 1, 1, 1)

    def _fetch(self, picture_id: str, view: Viewport) -> Want:
        def arrived(image: QImage) -> None:
            self._wants.pop(picture_id, None)
            self._scale(picture_id, view, image)

        def failed(failure: Failure) -> None:
            # It was a guess; when the picture is opened it is asked for again, and a failure is shown.
            self._wants.pop(picture_id, None)

        return self._pictures.ask(screen_key(picture_id), None, Urgency.AHEAD, arrived, failed)

    def _scale(self, picture_id: str, view: Viewport, screen: QImage) -> None:
        key = exact_key(picture_id, view)
        if (
            picture_id in self._scalings
            or self._pictures.cache.get(key) is not None
            or not can_be_exact(view)
        ):
            return

        def scaled(image: QImage) -> None:
            self._scalings.pop(picture_id, None)
            self._pictures.cache.put(key, image)

        self._scalings[picture_id] = self._pictures.rescale(screen, QSize(key.column, key.row), scaled, self)
