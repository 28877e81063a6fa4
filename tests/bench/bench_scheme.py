"""Prints how long the GUI thread is busy when the system goes from dark to light, and with what.

`python -m tests.bench.bench_scheme`. The whole program is built, its library page shown; no server runs.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.look.style import qpalette, style_sheet
from desktop.look.tokens import DARK, LIGHT
from desktop.rooms import Rooms
from tests.bench.photographs import header, report

SWITCHES = 10


def main() -> None:
    """Switch back and forth, step by step as `Appearance.use` does."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(["bench"])
    with tempfile.TemporaryDirectory() as data:
        rooms = Rooms(application, Path(data), on_session_lost=print, shown=lambda: (None, None))
        rooms.window.show_page(rooms.frame)
        rooms.window.show()
        application.processEvents()
        widgets = application.allWidgets()
        shown = sum(widget.isVisible() for widget in widgets)
        header(f"Dark to light: {len(widgets)} widgets, {shown} of them visible")
        times: dict[str, list[float]] = {}
        for number in range(SWITCHES):
            palette = (LIGHT, DARK)[number % 2]
            rooms.look.palette = palette
            rooms.look.icons.forget()
            steps: tuple[tuple[str, Callable[[], object]], ...] = (
                ("Qt's palette", partial(application.setPalette, qpalette(palette))),
                ("style sheet", partial(application.setStyleSheet, style_sheet(palette))),
                ("what paints by hand", rooms.look.changed.emit),
                ("painting", application.processEvents),
            )
            for name, step in steps:
                start = time.perf_counter()
                step()
                times.setdefault(name, []).append(1000 * (time.perf_counter() - start))
        for name, spent in times.items():
            report(name, spent)
        rooms.window.hide()
        rooms.stop(sign_out=False)


if __name__ == "__main__":
    main()
