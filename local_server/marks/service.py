"""Issue the mark of a session as an overlay."""

from functools import lru_cache
from typing import Final

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png

_OVERLAYS_KEPT: Final = 256


class Overlays:
    """The tiles that canvases paint over pictures."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._made = lru_cache(_OVERLAYS_KEPT)(self._make)

    def png(self, mark: MarkId, *, strong: bool = False) -> bytes:
        """Return a session's overlay tile."""
        return self._made(mark, strong)

    def _make(self, mark: MarkId, strong: bool) -> bytes:
        return overlay_png(self._codec.tile(Layer.OVERLAY, mark.payload), strong=strong)
