"""Decides which requests reach protected pixels, following them through copies, pixmaps and pictures."""

from __future__ import annotations

from ..events import Rect
from . import decoded
from .decoded import WHOLE
from .scene import Scene, Touch
from .sightings import Finding, Place, Question, Redirection, Sighting

WINDOWS_PER_CLIENT = 2048
# Smaller windows show nothing that somebody works with.
SMALLEST_SHOWN = 32
# Ways that everybody's own drawing goes as well: only what is known to be ours counts.
DIRECT = ("gl_read", "buffer_shared", "double_buffer")


class Detector:
    """What has been learnt from all clients' requests so far. Pure: it asks the server nothing."""

    def __init__(self, scene: Scene, mask: int) -> None:
        """Judge against `scene`; `mask` separates a client's base from the rest of its resource ids."""
        self._scene = scene
        self._mask = mask
        self.ours: set[int] = set()
        self.covers: frozenset[int] = frozenset()
        self.compositor: int | None = None
        self._tainted: dict[int, Touch] = {}
        self._named: dict[int, tuple[int, int]] = {}
        self._pictures: dict[int, int] = {}
        self._bent: set[int] = set()
        self._composing: set[int] = set()
        self._windows: dict[int, dict[int, decoded.WindowMade]] = {}

    def base(self, resource: int) -> int:
        """Return the base of the client that made a resource."""
        return resource & ~self._mask & 0xFFFFFFFF

    def holders(self) -> list[int]:
        """Return the clients that hold a pixmap which still follows one of our windows."""
        found = {client for pixmap, (client, _) in self._named.items() if self._followed(pixmap) is not None}
        return [client for client in found if client not in self.ours and client != self.compositor]

    def shows(self, window: int) -> bool:
        """Tell whether a window that its client maps is one to work with."""
        made = self._made(window)
        return (
            made is not None
            and made.parent in self._scene.roots
            and min(made.rect.width, made.rect.height) >= SMALLEST_SHOWN
        )

    def observe(self, client: int, request: decoded.Decoded) -> Finding | None:
        """Learn from a request and say what it means."""
        if self._attacks(request):
            return Sighting("guard_attacked", client, self._scene.strongest(), None, 1.0)
        match request:
            case decoded.ImageRead(kind, drawable, rect):
                return self._read(kind, client, drawable, rect)
            case decoded.Copy(source, target, rect):
                return self._copy(client, source, target, rect)
            case decoded.NamedPixmap(window, pixmap):
                return self._name(client, window, pixmap)
            case decoded.Redirected(window):
                touch = self._scene.touched(window, WHOLE)
                if touch is not None and client != self.compositor:
                    self._composing.add(client)
                    return Redirection(Sighting("composite_redirect", client, touch.level, touch.rect, 0.6))
            case decoded.PictureDrawn(sources, target):
                return self._draw(client, sources, target)
            case decoded.KeysTapped() if self._scene.windows:
                return Sighting("keys_recorded", client, self._scene.strongest(), None, 0.9)
            case _:
                self._learn(client, request)
        return None

    def judge(self, question: Question, place: Place | None) -> Sighting | None:
        """Answer a question with what the server said; `place` is None when the drawable is no window (any
        more).
        """
        kind, client, drawable, rect, target, known = question
        owner = self.base(drawable)
        made = known or self._made(drawable)
        confidence: float
        if place is None:
            if owner in self.ours or owner == self.compositor:
                if target:
                    self._tainted[target] = Touch(self._scene.strongest(), None)
                return Sighting(kind, client, self._scene.strongest(), None, 0.9)
            if made is None or made.parent not in self._scene.roots:
                return None
            if made.has_background and not made.lowered:
                return None
            root, origin, confidence = made.parent, (made.rect.x, made.rect.y), 0.4
        else:
            root, origin = place.chain[-1], (place.x, place.y)
            confidence = self._confidence(place, made)
        touch = self._scene.touched(root, rect.moved(*origin))
        if touch is None or not confidence:
            return None
        if target:
            self._tainted[target] = touch
        return Sighting(kind, client, touch.level, touch.rect, confidence)

    def naming_refused(self, client: int) -> None:
        """Forget the pixmap that a client has just failed to get."""
        pixmap = next((pixmap for pixmap, (of, _) in reversed(self._named.items()) if of == client), None)
        if pixmap is not None:
            del self._named[pixmap]

    def died(self, client: int) -> None:
        """Forget everything that a client has made."""
        if client == self.compositor:
            self.compositor = None
        self._windows.pop(client, None)
        self._composing.discard(client)
        self._named = {pixmap: named for pixmap, named in self._named.items() if named[0] != client}
        for table in (self._tainted, self._pictures):
            for resource in [entry for entry in table if self.base(entry) == client]:
                del table[resource]
        self._bent = {picture for picture in self._bent if self.base(picture) != client}

    def _learn(self, client: int, request: decoded.Decoded) -> None:
        match request:
            case decoded.PictureMade(picture, drawable):
                self._pictures[picture] = drawable
            case decoded.PictureBent(picture):
                self._bent.add(picture)
            case decoded.WindowMade():
                self._remember(client, request)
            case decoded.Meddled(window, _, True):
                made = self._windows.get(self.base(window), {})
                if window in made:
                    made[window] = made[window]._replace(lowered=True)
            case decoded.BackgroundSet(window, has_background):
                made = self._windows.get(self.base(window), {})
                if window in made:
                    made[window] = made[window]._replace(has_background=has_background)
            case decoded.Freed(resource):
                self._free(resource)

    def _name(self, client: int, window: int, pixmap: int) -> Redirection | None:
        self._named[pixmap] = (client, window)
        touch = self._followed(pixmap)
        if touch is None or client == self.compositor:
            return None
        self._composing.add(client)
        return Redirection(Sighting("composite_name_pixmap", client, touch.level, touch.rect, 0.9))

    def _followed(self, drawable: int) -> Touch | None:
        """Return what a pixmap shows of ours, because it was named after a window or filled from one."""
        if drawable in self._named:
            _, window = self._named[drawable]
            return self._scene.touched(window, WHOLE) if self._scene.ours(window) else None
        return self._tainted.get(drawable)

    def _attacks(self, request: decoded.Decoded) -> bool:
        """Tell whether a request uncovers what the black windows cover, or cuts one of our connections."""
        match request:
            case decoded.Meddled(window, children, _) | decoded.Redirected(window, children):
                return window in self.covers or (children and window in self._scene.windows)
            case decoded.BackgroundSet(window) | decoded.Freed(window):
                return window in self.covers
            case decoded.Killed(resource):
                return self.base(resource) in self.ours
        return False

    def _remember(self, client: int, window: decoded.WindowMade) -> None:
        made = self._windows.setdefault(client, {})
        made.pop(window.window, None)
        made[window.window] = window
        if len(made) > WINDOWS_PER_CLIENT:
            del made[next(iter(made))]

    def _read(self, kind: str, client: int, drawable: int, rect: Rect) -> Finding | None:
        direct = kind in DIRECT
        if direct and client == self.compositor:
            return None
        if self._scene.related(drawable):
            touch = self._scene.touched(drawable, rect)
            found = touch and Sighting(kind, client, touch.level, touch.rect, 0.8 if direct else 1.0)
            return Redirection(found) if found and direct else found
        touch = self._followed(drawable)
        if touch is not None:
            return Sighting(kind, client, touch.level, touch.rect, 0.95)
        if not self._scene.windows or direct or client == self.compositor:
            return None
        return Question(kind, client, drawable, rect, made=self._made(drawable))

    def _copy(self, client: int, source: int, target: int, rect: Rect) -> Finding | None:
        related = self._scene.related(source)
        touch = self._scene.touched(source, rect) if related else self._followed(source)
        if touch is not None:
            self._taint(target, touch)
            found = Sighting("copy_area", client, touch.level, touch.rect, 0.95 if related else 0.9)
            return None if client == self.compositor else self._weigh(found)
        if related or not self._scene.windows or source == target or client == self.compositor:
            return None
        made = self._made(source)
        if self.base(source) != client or (made is not None and not made.has_background):
            return Question("copy_area", client, source, rect, target, made)
        return None

    def _draw(self, client: int, sources: tuple[tuple[int, Rect], ...], target: int) -> Finding | None:
        for picture, rect in sources:
            drawable = self._pictures.get(picture, 0)
            touch = self._scene.touched(drawable, WHOLE if picture in self._bent else rect)
            touch = touch or self._followed(drawable)
            if touch is not None:
                self._taint(self._pictures.get(target, 0), touch)
                found = Sighting("render_composite", client, touch.level, touch.rect, 0.8)
                return None if client == self.compositor else self._weigh(found)
            if drawable and self._scene.windows and self.base(drawable) == self.compositor != client:
                return Question("render_composite", client, drawable, rect, self._pictures.get(target, 0))
        return None

    def _weigh(self, sighting: Sighting) -> Sighting | Redirection:
        """Leave open whether a client that redirects windows is a compositing manager just starting."""
        return Redirection(sighting) if sighting.client in self._composing else sighting

    def _taint(self, drawable: int, touch: Touch) -> None:
        if drawable and not self._scene.related(drawable):
            self._tainted[drawable] = touch

    def _made(self, window: int) -> decoded.WindowMade | None:
        return self._windows.get(self.base(window), {}).get(window)

    def _free(self, resource: int) -> None:
        self._tainted.pop(resource, None)
        self._pictures.pop(resource, None)
        self._bent.discard(resource)
        owner = self.base(resource)
        self._windows.get(owner, {}).pop(resource, None)
        self._named.pop(resource, None)

    def _confidence(self, place: Place, made: decoded.WindowMade | None) -> float:
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
        unpainted = made is not None and not made.has_background
        return 0.5 if unpainted else 0.0
