"""Prints for how long the GUI thread works in one go (its CPU time) when the system goes from dark to light.

`python -m tests.bench.bench_scheme`. The whole program is built, its library page shown; no server runs.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.look.tokens import DARK, LIGHT
from desktop.rooms import Rooms
from tests.bench.photographs import header, report

SWITCHES = 10


def main() -> None:
    """Switch back and forth; what comes after the switch comes in turns of the event loop of its own."""
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
            start = time.thread_time()
            rooms.look.use((LIGHT, DARK)[number % 2])
            times.setdefault("what is shown", []).append(1000 * (time.thread_time() - start))
            start = time.thread_time()
            application.processEvents()
            times.setdefault("then: painting, what is hidden", []).append(1000 * (time.thread_time() - start))
        for name, spent in times.items():
            report(name, spent)
        rooms.window.hide()
        rooms.stop(sign_out=False)


if __name__ == "__main__":
    main()
