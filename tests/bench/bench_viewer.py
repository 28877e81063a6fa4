"""Prints how soon the next picture is on the screen, what a frame of zooming costs, and what the mark adds.

`python -m tests.bench.bench_viewer [PICTURES]`. Times are those of the GUI thread; "on the screen" is the end
of the paint event that shows the screen rendition, not only a thumbnail.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from desktop.canvas.loading import exact_key
from desktop.client.models import Account
from desktop.viewer.page import ViewerPage
from tests.bench.photographs import Photographs, header, photographs, report, wait
from tests.support.rooms import Rooms

PICTURES = 40


def next_picture(application: QApplication, page: ViewerPage, count: int, pause: float) -> list[float]:
    """Step through pictures with a pause for each; returns the time from the step to the picture."""
    shown: list[str] = []
    page.canvas.painted_first.connect(shown.append)
    times = []
    for _ in range(count):
        end = time.perf_counter() + pause
        while time.perf_counter() < end:
            application.processEvents()
            time.sleep(0.001)
        shown.clear()
        start = time.perf_counter()
        page.step(1)
        page.canvas.repaint()
        wait(application, lambda: bool(shown))
        times.append(1000 * (time.perf_counter() - start))
    page.canvas.painted_first.disconnect(shown.append)
    return times


def frames(
    application: QApplication, page: ViewerPage, steps: list[tuple[float, float, float]]
) -> list[float]:
    """Zoom by a factor and pan by points, frame by frame."""
    times = []
    for factor, across, down in steps:
        view = page.canvas.view
        if view is None:
            raise RuntimeError("no picture is open")
        start = time.perf_counter()
        page.canvas.set_view(view.zoomed(factor, (500.0, 300.0)).panned(across, down))
        page.canvas.repaint()
        application.processEvents()
        times.append(1000 * (time.perf_counter() - start))
    return times


def overlay_times(rooms: Rooms, *frames: Sequence[QRectF], ratio: float = 1.0) -> list[float]:
    """Paint the mark over 1920×1080 device pixels, one frame after the other: over these areas of each."""
    image = QImage(1920, 1080, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    times = []
    for areas in frames:
        painter = QPainter(image)
        start = time.perf_counter()
        for area in areas:
            rooms.overlay.paint(painter, area, anchored=len(areas) > 1)
        painter.end()
        times.append(1000 * (time.perf_counter() - start))
    return times


def main() -> None:
    """Measure on a window of 1920×1080."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    with photographs(count) as (application, rooms):
        if isinstance(rooms.shelf, Photographs):
            rooms.shelf.encode_all(rooms.shelf.pictures)
        page = ViewerPage(
            rooms.look, rooms.shelf, rooms.background, rooms.pictures, rooms.thumbnails, rooms.overlay
        )
        page.begin(Account("a", "anna", "admin"), "7KQ4-M2XD-9F")
        page.resize(1920, 1080)
        page.show()
        page.show_list(rooms.shelf.pictures)
        header("Viewer at 1920×1080")
        start = time.perf_counter()
        page.open(rooms.shelf.pictures[0].id)
        shown: list[str] = []
        page.canvas.painted_first.connect(shown.append)
        wait(application, lambda: bool(shown))
        report("first picture, nothing in memory", [1000 * (time.perf_counter() - start)])
        report("next picture, a second at each", next_picture(application, page, 12, 1.0))
        report("next picture, as fast as it goes", next_picture(application, page, 20, 0.0))
        page.open(rooms.shelf.pictures[0].id)
        wait(application, lambda: settled(rooms, page))
        report("zoom in, 60 frames", frames(application, page, [(1.05, 0, 0)] * 60))
        report("pan, 60 frames", frames(application, page, [(1.0, 7, -3)] * 60))
        report("zoom out, 60 frames", frames(application, page, [(1 / 1.05, 0, 0)] * 60))
        whole = [QRectF(0, 0, 1920, 1080)]
        report("the mark alone, a frame", overlay_times(rooms, *[whole] * 50))
        half = [QRectF(0, 0, 960, 540)]
        report("the same, at a pixel ratio of 2", overlay_times(rooms, *[half] * 50, ratio=2.0))
        growing = [[QRectF(0, 0, 1000 + 9 * step, 560 + 5 * step)] for step in range(100)]
        report("the same, of another size each frame", overlay_times(rooms, *growing))
        cells = [QRectF(x, y, 270, 180) for x in range(0, 1920, 276) for y in range(0, 1080, 186)]
        report(f"the same, over {len(cells)} thumbnails", overlay_times(rooms, *[cells] * 50))
        page.close_picture()
        page.close()


def settled(rooms: Rooms, page: ViewerPage) -> bool:
    """Say whether the opened picture is in memory at its exact size."""
    view, picture = page.canvas.view, page.canvas.picture
    return (
        view is not None
        and picture is not None
        and rooms.pictures.cache.get(exact_key(picture.id, view)) is not None
    )


if __name__ == "__main__":
    main()
