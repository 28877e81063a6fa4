"""Prints how long the grid takes for a frame while ten thousand pictures scroll by.

`python -m tests.bench.bench_grid [PICTURES]`. A frame is everything that the GUI thread does between two
steps of the scroll: arrivals of thumbnails, requests for new ones, and painting.
"""

from __future__ import annotations

import sys
import time

from desktop.gallery.page import LibraryPage
from tests.bench.photographs import Photographs, header, photographs, report, wait

PICTURES = 10_000
FRAME_S = 1 / 60


def main() -> None:
    """Scroll slowly, quickly, and in leaps."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    with photographs(count) as (application, rooms):
        shelf = rooms.shelf
        if isinstance(shelf, Photographs):
            shelf.encode_all(shelf.pictures[:40])
        page = LibraryPage(rooms.look, rooms.shelf, rooms.background, rooms.thumbnails, rooms.overlay, [])
        page.resize(1440, 900)
        page.show()
        page.begin()
        first = wait(application, lambda: len(rooms.shelf.asked) > 0 or len(page.model.pictures) > 0)
        complete = wait(application, lambda: page.model.state.value == "ready")
        wait(application, lambda: rooms.thumbnails.waiting == 0)
        header(f"Grid of {count:,} pictures at 1440×900")
        sys.stdout.write(f"first page after {first:.0f} ms, whole list after {first + complete:.0f} ms\n")
        layout_times = []
        for row in (120, 200, 150, 180):
            start = time.perf_counter()
            page.grid.set_row_height(row)
            layout_times.append(1000 * (time.perf_counter() - start))
        report("layout of everything", layout_times)
        bar = page.grid.verticalScrollBar()
        for name, step, frames in (
            ("slow scroll, 12 px a frame", 12, 240),
            ("fast scroll, 120 px", 120, 240),
            ("leaps, 3,000 px", 3000, 60),
        ):
            times = []
            bar.setValue(0)
            for _ in range(frames):
                start = time.perf_counter()
                bar.setValue(bar.value() + step)
                page.grid.viewport().repaint()
                application.processEvents()
                spent = time.perf_counter() - start
                times.append(1000 * spent)
                time.sleep(max(0.0, FRAME_S - spent))
            report(name, times)
        page.end()
        page.close()


if __name__ == "__main__":
    main()
