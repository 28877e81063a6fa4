"""Issue the mark of a session as an overlay, and trace a leaked file back to who saw it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image

from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Pixels, Refused
from local_server.imaging.renditions import SCREEN_SIDE, THUMBNAIL_SIDE
from local_server.marks import queries
from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png
from local_server.marks.read import LARGEST_SCALE, SMALLEST_SCALE, Reading, read
from local_server.marks.recognise import COMPARED_SIDE, Likeness, choose, levelled, likeness
from local_server.storage.blobs import Blobs

_OVERLAYS_KEPT: Final = 256
# The payload has 24 bits of checksum and 14 reserved bits: so often does chance satisfy both.
_CHANCE: Final = 2.0**-38
_DECODINGS: Final = 60


class Overlays:
    """The tiles that canvases paint over pictures."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._made = lru_cache(_OVERLAYS_KEPT)(self._make)

    def png(self, mark: MarkId) -> bytes:
        """Return a session's overlay tile."""
        return self._made(mark)

    def _make(self, mark: MarkId) -> bytes:
        return overlay_png(self._codec.tile(Layer.OVERLAY, mark.payload))


@dataclass(frozen=True, slots=True)
class Trace:
    """What a file says; everything but the file is None where no mark was found.

    `time` is when the picture was sent to that session last, or else when the session began. `confidence` is
    the probability that the mark is no accident; `agreement` how clearly it stands out, in
    standard deviations.
    """

    mark: MarkId | None = None
    account: str | None = None
    viewing_session: str | None = None
    machine: str | None = None
    picture: str | None = None
    time: datetime | None = None
    confidence: float | None = None
    agreement: float | None = None
    refused: Refused | None = None


class Tracer:
    """Reads the marks of a file and looks them up."""

    def __init__(self, database: Database, blobs: Blobs, codec: Codec, decoder: Decoder) -> None:
        self._database = database
        self._blobs = blobs
        self._codec = codec
        self._decoder = decoder

    def trace(self, source: int) -> Trace:
        """Trace the file behind a descriptor."""
        pixels = self._decoder.pixels(source)
        if isinstance(pixels, Refused):
            return Trace(refused=pixels)
        middle = np.frombuffer(pixels.middle, np.uint8).reshape(pixels.middle_height, pixels.middle_width, 3)
        readings = read(middle, self._codec, whole_copy_scales(pixels.width, pixels.height))
        for reading in readings:
            with self._database.read() as connection:
                bearer = queries.bearer(connection, reading.mark)
                shown = queries.shown(connection, bearer.viewing_session_id) if bearer else []
            if bearer is None:
                continue  # of a session that this catalogue does not know
            same = [other for other in readings if other.mark == reading.mark]
            picture = self._picture(pixels, same, shown)
            sent = [one.time for one in shown if one.picture_id == picture]
            return Trace(
                mark=reading.mark,
                account=bearer.account,
                viewing_session=bearer.viewing_session_id,
                machine=bearer.machine,
                picture=picture,
                time=max(sent, default=bearer.started_at),
                confidence=1.0 - _DECODINGS * _CHANCE,
                agreement=reading.agreement,
            )
        return Trace()

    def _picture(self, pixels: Pixels, readings: list[Reading], shown: list[queries.Shown]) -> str | None:
        """Return the picture that the file shows, if it is beyond doubt."""
        if len({one.picture_id for one in shown}) == 1:
            return shown[0].picture_id
        preview = Image.frombytes("L", (pixels.preview_width, pixels.preview_height), pixels.preview)
        scales = [reading.scale for reading in readings if reading.layer is Layer.PIXELS]
        return choose(self._compared(preview, pixels.width, scales, shown))

    def _compared(
        self, preview: Image.Image, width: int, scales: list[float], shown: list[queries.Shown]
    ) -> Iterator[tuple[str, Likeness]]:
        """Yield how like the file is to each picture, at the sizes that the marks in its pixels tell."""
        for one in shown:
            try:
                thumbnail = Image.open(BytesIO(self._blobs.get(one.thumbnail_blob)), formats=("JPEG",))
            except Outage:
                continue  # a lost thumbnail cannot be compared; the others can
            side = max(one.thumbnail_width, one.thumbnail_height)
            shrink = min(1.0, COMPARED_SIDE / side)
            size = (_scaled(one.thumbnail_width, shrink), _scaled(one.thumbnail_height, shrink))
            for scale in scales:
                # Pixels of the shrunk thumbnail per pixel of the file.
                ratio = size[0] / (one.width * scale)
                file_size = (
                    _scaled(width, ratio),
                    _scaled(width * preview.height / preview.width, ratio),
                )
                if max(file_size) <= 2 * COMPARED_SIDE:
                    yield one.picture_id, likeness(levelled(preview, file_size), levelled(thumbnail, size))


def whole_copy_scales(width: int, height: int) -> list[float]:
    """Return the scales at which a rendition was saved, if the file is the whole of one."""
    scales = (max(width, height) / side for side in (SCREEN_SIDE, THUMBNAIL_SIDE))
    return [scale for scale in scales if SMALLEST_SCALE <= scale <= LARGEST_SCALE]


def _scaled(length: float, ratio: float) -> int:
    return max(1, round(length * ratio))
