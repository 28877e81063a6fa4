"""Tells of what somebody does with opened pictures, sparingly; lives on the GUI thread."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer

from desktop.canvas.viewport import Viewport
from desktop.viewer.page import ViewerPage

# What is passed over sooner was not looked at; so there are at most two entries a second.
SETTLED_MS = 1_000
IDLE_MS = 60_000
# A zoom by less than this, in or out, is no other look at the picture.
ANOTHER_ZOOM = 1.25


class Interactions(QObject):
    """Hears the viewer's signals and hands on: opened, zoomed, closed, slideshow, idle."""

    def __init__(
        self, viewer: ViewerPage, add: Callable[[dict[str, Any]], None], monotonic: Callable[[], float]
    ) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._add = add
        self._monotonic = monotonic
        self._picture_id: str | None = None
        self._told = False
        self._opened_at, self._began = "", 0.0
        self._zoom: float | None = None
        self._settle = self._timer(SETTLED_MS, self._settled)
        self._idle = self._timer(IDLE_MS, lambda: self._tell("idle", seconds=IDLE_MS / 1000))
        viewer.picture_opened.connect(self._opened)
        viewer.shown_level_changed.connect(self._shown)
        viewer.canvas.view_changed.connect(self._viewed)
        viewer.slideshow.changed.connect(self._playing)

    def _timer(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(call)
        return timer

    def _opened(self, picture_id: str) -> None:
        if picture_id == self._picture_id:
            return
        self._close()
        self._picture_id, self._told, self._zoom = picture_id, False, None
        self._opened_at, self._began = _now(), self._monotonic()
        self._settle.start()
        self._idle.start()

    def _shown(self, _level: str) -> None:
        if self._viewer.picture is None:
            self._close()

    def _viewed(self, _view: Viewport) -> None:
        if self._picture_id is not None:
            self._settle.start()
            self._idle.start()

    def _playing(self, playing: bool) -> None:
        self._tell("slideshow_started" if playing else "slideshow_stopped")

    def _settled(self) -> None:
        view = self._viewer.canvas.view
        if not self._told:
            self._told = True
            self._zoom = None if view is None else view.zoom
            self._tell("opened", time=self._opened_at)
        elif view is not None and (self._zoom is None or _another(view.zoom, self._zoom)):
            self._zoom = view.zoom
            seen = view.seen
            region = [round(number, 1) for number in (seen.x, seen.y, seen.width, seen.height)]
            self._tell("zoomed", region=region, percent=round(view.zoom * 100))

    def _close(self) -> None:
        if self._picture_id is not None and self._told:
            self._tell("closed", seconds=round(self._monotonic() - self._began, 1))
        self._picture_id = None
        self._settle.stop()
        self._idle.stop()

    def _tell(
        self, kind: str, *, time: str | None = None, region: list[float] | None = None, **context: float
    ) -> None:
        item: dict[str, Any] = {
            "time": time or _now(),
            "kind": kind,
            "visible": bool(self._viewer.shown_level()),
        }
        if self._picture_id is not None:
            item["picture_id"] = self._picture_id
        if region is not None:
            item["region"] = region
        if context:
            item["context"] = context
        self._add(item)


def _another(zoom: float, before: float) -> bool:
    return max(zoom, before) >= ANOTHER_ZOOM * min(zoom, before)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
