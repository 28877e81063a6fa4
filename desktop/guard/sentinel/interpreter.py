"""Turns the requests of other programs into sightings, and asks the server where it must."""

from __future__ import annotations

from collections.abc import Callable

from . import record
from .decoded import Decoded, Opcodes, SelectionOwned, WindowShown
from .detector import Detector
from .requests import decode
from .sightings import Place, Question, Redirection, Sighting
from .tree import Tree


class Interpreter:
    """Between the record stream and the detector, which asks nobody."""

    def __init__(
        self,
        detector: Detector,
        places: Tree,
        opcodes: Opcodes,
        believe: Callable[[int], None],
        sighted: Callable[[Sighting, float], None],
    ) -> None:
        """Ask `places`; `believe` hears of clients that show what they came for, `sighted` of what
        reaches ours."""
        self._detector = detector
        self._places = places
        self._opcodes = opcodes
        self._believe = believe
        self._sighted = sighted

    def compositor_changed(self, owner: int) -> None:
        """Take over who composites the screen; `owner` is a window, 0 when nobody does."""
        self._detector.compositor = self._detector.base(owner) if owner else None

    def read(self, item: record.Intercepted, seen: float) -> None:
        """Take one block of a client's requests."""
        client = item.client
        for request in record.split_requests(item.data, item.order):
            decoded = decode(request.major, request.minor, request.body, item.order, self._opcodes)
            if decoded is None:
                continue
            finding = self._detector.observe(client, decoded)
            if self._harmless(client, decoded):
                self._believe(client)
            elif isinstance(finding, Sighting):
                self._sighted(finding, seen)
            elif isinstance(finding, Question):
                self._ask(finding, seen)
            elif isinstance(finding, Redirection):
                self._ask_compositor(finding, seen)

    def _harmless(self, client: int, decoded: Decoded) -> bool:
        """Tell whether a client shows a window to work with, or answers for a clipboard by one of its own."""
        if isinstance(decoded, WindowShown):
            return self._detector.shows(decoded.window)
        return isinstance(decoded, SelectionOwned) and self._detector.base(decoded.window) == client

    def _ask(self, question: Question, seen: float) -> None:
        def judged(place: Place | None) -> None:
            sighting = self._detector.judge(question, place)
            if sighting is not None:
                self._sighted(sighting, seen)

        self._places.locate(question.drawable, judged)

    def _ask_compositor(self, redirection: Redirection, seen: float) -> None:
        def known(owner: int) -> None:
            self.compositor_changed(owner)
            if redirection.sighting.client != self._detector.compositor:
                self._sighted(redirection.sighting, seen)

        self._places.find_compositor(known)
