"""What the picture benchmarks show: the sample photographs, served from memory on a display of their own."""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps
from PySide6.QtWidgets import QApplication

from desktop.client.models import Picture
from desktop.look.appearance import Appearance
from desktop.look.motion import Motion
from tests.protection.stage import Screen
from tests.support.rooms import Rooms, rooms
from tests.support.shelf import Shelf, make_picture

RESOURCES = Path(__file__).parents[2] / "resources"
TILE = 512


class Photographs(Shelf):
    """Serves the samples over and over; each is encoded once a rendition, as the real server keeps them."""

    def __init__(self, count: int) -> None:
        self._files = sorted((RESOURCES / "samples").glob("*.jpg"))
        self._encoded: dict[tuple[int, str, int, int], bytes] = {}
        self._decoded: dict[int, Image.Image] = {}
        sizes = [self._photograph(number).size for number in range(len(self._files))]
        super().__init__([make_picture(number, size=sizes[number % len(sizes)]) for number in range(count)])

    def encode_all(self, pictures: Sequence[Picture]) -> None:
        """Encode the renditions ahead, so that the benchmark does not measure Pillow."""
        for picture in pictures:
            self._rendition(picture, "thumbnail", 0, 0)
            self._rendition(picture, "screen", 0, 0)

    async def view(
        self, picture_id: str, rendition: str, *, column: int | None = None, row: int | None = None
    ) -> bytes:
        """Give a rendition of a photograph."""
        return self._rendition(self._find(picture_id), rendition, column or 0, row or 0)

    def _photograph(self, number: int) -> Image.Image:
        if number not in self._decoded:
            with Image.open(self._files[number]) as opened:
                self._decoded[number] = ImageOps.exif_transpose(opened).convert("RGB")
        return self._decoded[number]

    def _rendition(self, picture: Picture, rendition: str, column: int, row: int) -> bytes:
        number = int(picture.id[1:]) % len(self._files)
        key = (number, rendition, column, row)
        if key not in self._encoded:
            image = self._photograph(number).copy()
            if rendition == "tile":
                left, top = column * TILE, row * TILE
                image = image.crop((left, top, min(left + TILE, image.width), min(top + TILE, image.height)))
            else:
                image.thumbnail((640, 480) if rendition == "thumbnail" else (2560, 2560))
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=88)
            self._encoded[key] = buffer.getvalue()
        return self._encoded[key]


@contextmanager
def photographs(count: int, width: int = 1920, height: int = 1080) -> Iterator[tuple[QApplication, Rooms]]:
    """Run an application on an own X display, with this many pictures."""
    with tempfile.TemporaryDirectory() as folder:
        screen = Screen(Path(folder), "-screen", "0", f"{width}x{height}x24")
        os.environ.pop("QT_QPA_PLATFORM", None)
        os.environ.update({"DISPLAY": screen.name, "XAUTHORITY": str(screen.authority)})
        application = QApplication(["bench"])
        look = Appearance(application, RESOURCES, Motion(reduced=True))
        try:
            with rooms(look, Photographs(count)) as built:
                built.mark()
                yield application, built
        finally:
            application.quit()
            screen.close()


def wait(application: QApplication, done: Callable[[], bool], seconds: float = 30.0) -> float:
    """Run the event loop until something is so; returns how long that took, in milliseconds."""
    start = time.perf_counter()
    while not done():
        application.processEvents()
        if time.perf_counter() - start > seconds:
            raise TimeoutError("the benchmark waits for something that does not come")
        time.sleep(0.0005)
    return 1000 * (time.perf_counter() - start)


def report(name: str, times: Sequence[float]) -> None:
    """Print median, 95th percentile and worst of times in milliseconds."""
    ordered = sorted(times)
    late = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    sys.stdout.write(
        f"{name:<44}{statistics.median(ordered):>9.2f}{late:>9.2f}{ordered[-1]:>9.2f}   n={len(ordered)}\n"
    )


def header(title: str) -> None:
    """Print the head of a table."""
    sys.stdout.write(f"\n{title:<44}{'median':>9}{'p95':>9}{'worst':>9}   (ms)\n")
