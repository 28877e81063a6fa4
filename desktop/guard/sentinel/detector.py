"""Decides which requests reach protected pixels, following them through copies, pixmaps and pictures."""

from __future__ import annotations

from typing import NamedTuple

from ..events import Rect
from . import requests
from .requests import WHOLE
from .scene import Scene, Touch

WINDOWS_PER_CLIENT = 2048


class Sighting(NamedTuple):
    """A request that reaches protected pixels."""

    kind: str
    client: int
    level: str
    region: Rect | None
    confidence: float


class Question(NamedTuple):
    """A read of a drawable whose place on the screen only the server knows."""

    kind: str
    client: int
    drawable: int
    rect: Rect
    target: int = 0


class Redirection(NamedTuple):
    """A sighting that is ordinary work if, and only if, its client is the compositing manager."""

    sighting: Sighting
    pixmap: int = 0


Finding = Sighting | Question | Redirection


class Place(NamedTuple):
    """Where a window is: its origin in the root, the windows from itself to the root, and the top-level
    windows from the lowest to the highest; `composited` while a compositing manager runs."""

    x: int
    y: int
    chain: tuple[int, ...]
    stack: tuple[int, ...]
    composited: bool


class Detector:
    """What has been learnt from all clients' requests so far. Pure: it asks the server nothing."""

    def __init__(self, scene: Scene, mask: int) -> None:
        """Judge against `scene`; `mask` separates a client's base from the rest of its resource ids."""
        self._scene = scene
        self._mask = mask
        self.ours: set[int] = set()
        self.compositor: int | None = None
        self._tainted: dict[int, Touch] = {}
        self._live: dict[int, list[int]] = {}
        self._pictures: dict[int, int] = {}
        self._bent: set[int] = set()
        self._composing: set[int] = set()
        self._windows: dict[int, dict[int, requests.WindowMade]] = {}

    def base(self, resource: int) -> int:
        """Return the base of the client that made a resource."""
        return resource & ~self._mask & 0xFFFFFFFF

    def holders(self) -> list[int]:
        """Return the clients that hold a pixmap which still follows one of our windows."""
        return [client for client, pixmaps in self._live.items() if pixmaps]

    def observe(self, client: int, request: requests.Decoded) -> Finding | None:
        """Learn from a request and say what it means."""
        match request:
            case requests.ImageRead(kind, drawable, rect):
                return self._read(kind, client, drawable, rect)
            case requests.Copy(source, target, rect):
                return self._copy(client, source, target, rect)
            case requests.NamedPixmap(window, pixmap):
                return self._name(client, window, pixmap)
            case requests.Redirected(window):
                touch = self._scene.touched(window, WHOLE)
                if touch is not None and client != self.compositor:
                    self._composing.add(client)
                    return Redirection(Sighting("composite_redirect", client, touch.level, touch.rect, 0.6))
            case requests.PictureMade(picture, drawable):
                self._pictures[picture] = drawable
            case requests.PictureBent(picture):
                self._bent.add(picture)
            case requests.PictureDrawn(sources, target):
                return self._draw(client, sources, target)
            case requests.WindowMade():
                self._remember(client, request)
            case requests.BackgroundSet(window, has_background):
                made = self._windows.get(self.base(window), {})
                if window in made:
                    made[window] = made[window]._replace(has_background=has_background)
            case requests.Freed(resource):
                self._free(resource)
        return None

    def judge(self, question: Question, place: Place | None) -> Sighting | None:
        """Answer a question with what the server said; `place` is None when the drawable is no window (any
        more).
        """
        kind, client, drawable, rect, target = question
        owner = self.base(drawable)
        made = self._windows.get(owner, {}).get(drawable)
        confidence: float
        if place is None:
            if owner in self.ours:
                return Sighting(kind, client, self._scene.strongest(), None, 0.9)
            if made is None or made.parent not in self._scene.roots or made.has_background:
                return None
            root, origin, confidence = made.parent, (made.rect.x, made.rect.y), 0.4
        else:
            root, origin = place.chain[-1], (place.x, place.y)
            confidence = self._confidence(client, place, made)
        touch = self._scene.touched(root, rect.moved(*origin))
        if touch is None or not confidence:
            return None
        if target:
            self._tainted[target] = touch
        return Sighting(kind, client, touch.level, touch.rect, confidence)

    def excuse(self, redirection: Redirection) -> None:
        """Let go of a pixmap that is the compositing manager's, who may draw from it but never read it."""
        for pixmaps in self._live.values():
            if redirection.pixmap in pixmaps:
                pixmaps.remove(redirection.pixmap)

    def naming_refused(self, client: int) -> None:
        """Forget the pixmap that a client has just failed to get."""
        pixmaps = self._live.get(client)
        if pixmaps:
            self._tainted.pop(pixmaps.pop(), None)

    def died(self, client: int) -> None:
        """Forget everything that a client has made."""
        if client == self.compositor:
            self.compositor = None
        self._windows.pop(client, None)
        self._live.pop(client, None)
        self._composing.discard(client)
        for table in (self._tainted, self._pictures):
            for resource in [entry for entry in table if self.base(entry) == client]:
                del table[resource]
        self._bent = {picture for picture in self._bent if self.base(picture) != client}

    def _name(self, client: int, window: int, pixmap: int) -> Redirection | None:
        touch = self._scene.touched(window, WHOLE) if self._scene.ours(window) else None
        if touch is None:
            return None
        self._tainted[pixmap] = touch
        if client == self.compositor:
            return None
        self._composing.add(client)
        self._live.setdefault(client, []).append(pixmap)
        return Redirection(Sighting("composite_name_pixmap", client, touch.level, touch.rect, 0.9), pixmap)

    def _remember(self, client: int, window: requests.WindowMade) -> None:
        made = self._windows.setdefault(client, {})
        made.pop(window.window, None)
        made[window.window] = window
        if len(made) > WINDOWS_PER_CLIENT:
            del made[next(iter(made))]

    def _read(self, kind: str, client: int, drawable: int, rect: Rect) -> Sighting | Question | None:
        if self._scene.related(drawable):
            touch = self._scene.touched(drawable, rect)
            return touch and Sighting(kind, client, touch.level, touch.rect, 1.0)
        if drawable in self._tainted:
            level, region = self._tainted[drawable]
            return Sighting(kind, client, level, region, 0.95)
        if not self._scene.windows or client == self.compositor:
            return None
        return Question(kind, client, drawable, rect)

    def _copy(self, client: int, source: int, target: int, rect: Rect) -> Finding | None:
        if client == self.compositor:
            return None
        if self._scene.related(source):
            touch = self._scene.touched(source, rect)
            if touch is None:
                return None
            self._taint(target, touch)
            return self._weigh(Sighting("copy_area", client, touch.level, touch.rect, 0.95))
        if source in self._tainted:
            touch = self._tainted[source]
            self._taint(target, touch)
            return self._weigh(Sighting("copy_area", client, touch.level, touch.rect, 0.9))
        if not self._scene.windows or source == target:
            return None
        made = self._windows.get(client, {}).get(source)
        if self.base(source) != client or (made is not None and not made.has_background):
            return Question("copy_area", client, source, rect, target)
        return None

    def _draw(self, client: int, sources: tuple[tuple[int, Rect], ...], target: int) -> Finding | None:
        if client == self.compositor:
            return None
        for picture, rect in sources:
            drawable = self._pictures.get(picture, 0)
            touch = self._scene.touched(drawable, WHOLE if picture in self._bent else rect)
            touch = touch or self._tainted.get(drawable)
            if touch is not None:
                self._taint(self._pictures.get(target, 0), touch)
                return self._weigh(Sighting("render_composite", client, touch.level, touch.rect, 0.8))
        return None

    def _weigh(self, sighting: Sighting) -> Sighting | Redirection:
        """Leave open whether a client that redirects windows is a compositing manager just starting."""
        return Redirection(sighting) if sighting.client in self._composing else sighting

    def _taint(self, drawable: int, touch: Touch) -> None:
        if drawable and not self._scene.related(drawable):
            self._tainted[drawable] = touch

    def _free(self, resource: int) -> None:
        self._tainted.pop(resource, None)
        self._pictures.pop(resource, None)
        self._bent.discard(resource)
        owner = self.base(resource)
        self._windows.get(owner, {}).pop(resource, None)
        for pixmaps in self._live.values():
            if resource in pixmaps:
                pixmaps.remove(resource)

    def _confidence(self, client: int, place: Place, made: requests.WindowMade | None) -> float:
        """Weigh a read of a foreign window over or under ours; 0 means that it shows its own pixels.

        Without a compositing manager all windows share the frame buffer: a read of a window under ours
        returns ours where it is covered, and a window without a background keeps what was on the screen when
        it was mapped.
        """
        if self._scene.ours(place.chain[0]) or any(self._scene.ours(window) for window in place.chain[1:-1]):
            return 1.0
        top = place.chain[-2] if len(place.chain) > 1 else place.chain[0]
        if top not in place.stack:
            return 0.9
        tops = [watched.top for watched in self._scene.windows.values() if watched.top in place.stack]
        if not place.composited and any(place.stack.index(top) < place.stack.index(own) for own in tops):
            return 0.9
        unpainted = made is not None and not made.has_background and self.base(place.chain[0]) == client
        return 0.5 if unpainted else 0.0
