"""Pictures in memory: a cache bounded in bytes, and the threads that turn bytes into pixels."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from desktop.client.errors import UnexpectedAnswer

LARGEST_SIDE = 8192
READY = (QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied)


class PixelKey(NamedTuple):
    """Name a piece of a picture: a whole rendition, or one tile of the full size."""

    picture_id: str
    rendition: str
    column: int = 0
    row: int = 0


class PixelCache:
    """Keeps the images used last, up to a number of bytes; lives on the GUI thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._images: OrderedDict[PixelKey, QImage] = OrderedDict()
        self.used = 0

    def __len__(self) -> int:
        return len(self._images)

    def get(self, key: PixelKey) -> QImage | None:
        """Give an image and count it as used."""
        image = self._images.get(key)
        if image is not None:
            self._images.move_to_end(key)
        return image

    def put(self, key: PixelKey, image: QImage) -> None:
        """Keep an image; the ones unused for longest make room. One larger than the cache is not kept."""
        self.drop(key)
        size = image.sizeInBytes()
        if size > self._limit:
            return
        self._images[key] = image
        self.used += size
        while self.used > self._limit:
            _, oldest = self._images.popitem(last=False)
            self.used -= oldest.sizeInBytes()

    def drop(self, key: PixelKey) -> None:
        """Forget one image, if it is there."""
        old = self._images.pop(key, None)
        if old is not None:
            self.used -= old.sizeInBytes()

    def drop_picture(self, picture_id: str) -> None:
        """Forget all that is kept of one picture."""
        for key in [key for key in self._images if key.picture_id == picture_id]:
            self.drop(key)

    def forget(self) -> None:
        """Forget everything (lock, sign-out, shield)."""
        self._images.clear()
        self.used = 0


def decode(data: bytes, box: QSize | None) -> QImage:
    """Turn an encoded rendition into an image that Qt paints without converting; runs on any thread.

    `box` (device pixels) asks for an image just large enough to cover the box in its own proportions; it is
    never enlarged.
    Raises UnexpectedAnswer for bytes that are no picture or claim more pixels than any rendition has.
    """
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > LARGEST_SIDE:
        raise _unreadable(reader.errorString())
    if box is not None:
        wanted = size.scaled(box, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        if wanted.width() < size.width():
            reader.setScaledSize(wanted)
    image = reader.read()
    if image.isNull():
        raise _unreadable(reader.errorString())
    if image.format() not in READY:
        alpha = image.hasAlphaChannel()
        image = image.convertToFormat(READY[1] if alpha else READY[0])
    image.setDevicePixelRatio(1.0)
    return image


def scaled(image: QImage, size: QSize) -> QImage:
    """Scale with an area filter (better than what painting does when making smaller); runs on any thread."""
    result = image.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    if result.format() not in READY:
        result = result.convertToFormat(READY[1] if result.hasAlphaChannel() else READY[0])
    return result


class DecodePool:
    """A few threads that decode and scale; Qt releases the interpreter lock while they do."""

    def __init__(self, threads: int | None = None) -> None:
        self._executor = ThreadPoolExecutor(threads or min(4, max(2, os.cpu_count() or 2)), "decode")

    async def decode(self, data: bytes, box: QSize | None) -> QImage:
        """Decode away from the io thread; see `decode`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, decode, data, box)

    async def scaled(self, image: QImage, size: QSize) -> QImage:
        """Scale away from the io thread; see `scaled`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, scaled, image, size)

    def stop(self) -> None:
        """End the threads; what is under way is finished, what waits is dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def _unreadable(why: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "picture_unreadable",
        f"The picture arrived damaged ({why or 'not a picture'}).",
        "Try again; if it stays so, run the doctor: its storage may be damaged.",
    )
