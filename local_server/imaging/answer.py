"""The bytes in which a decoding child answers; read as untrusted, for the child may have been taken over."""

import json
import math
import struct
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from local_server.imaging.models import (
    HISTOGRAM_BINS,
    MOST_PIXELS,
    Camera,
    Decoded,
    Metadata,
    Pixels,
    Refused,
    Rendition,
)
from local_server.imaging.renditions import SCREEN, SCREEN_SIDE, THUMBNAIL, THUMBNAIL_SIDE

_LENGTH: Final = struct.Struct("<I")
_LONGEST_HEAD: Final = 1 << 20
_LONGEST_TEXT: Final = 128
_JPEG: Final = b"\xff\xd8\xff"
_SIDES: Final = {THUMBNAIL: THUMBNAIL_SIDE, SCREEN: SCREEN_SIDE}


class Garbled(Exception):
    """An answer that no honest child gives."""


def write_decoded(decoded: Decoded) -> bytes:
    """Write a decoded picture."""
    head = {
        "decoded": {
            "format": decoded.format,
            "width": decoded.width,
            "height": decoded.height,
            "orientation": decoded.orientation,
            "frames": decoded.frames,
            "icc": decoded.icc,
            "colour": decoded.colour,
            "histogram": decoded.histogram,
            "metadata": asdict(decoded.metadata),
        },
        "renditions": [[r.kind, r.width, r.height, len(r.content)] for r in decoded.renditions],
    }
    return _join(head, *(rendition.content for rendition in decoded.renditions))


def write_refused(refused: Refused) -> bytes:
    """Write a refusal."""
    return _join({"refused": [refused.code, refused.reason]})


def write_tiles(pack: bytes) -> bytes:
    """Write a tile pack."""
    return _join({"tiles": len(pack)}, pack)


def write_pixels(pixels: Pixels) -> bytes:
    """Write a part's own pixels."""
    sizes = [
        pixels.width,
        pixels.height,
        pixels.middle_width,
        pixels.middle_height,
        pixels.preview_width,
        pixels.preview_height,
    ]
    return _join({"pixels": sizes, "label": pixels.label}, pixels.middle, pixels.preview)


def read_decoded(answer: bytes) -> Decoded | Refused:
    """Read the answer to `decode`; raise Garbled."""
    try:
        head, rest = _split(answer)
        if "refused" in head:
            return _refused(head["refused"])
        facts = head["decoded"]
        renditions = []
        for kind, width, height, length in head["renditions"]:
            renditions.append(Rendition(kind, width, height, rest[:length]))
            rest = rest[length:]
        decoded = Decoded(
            **{**facts, "metadata": _metadata(facts["metadata"])},
            renditions=tuple(renditions),
        )
        _check(decoded, rest)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise Garbled(f"{type(error).__name__}: {error}") from error
    return decoded


def read_tiles(answer: bytes) -> bytes | Refused:
    """Read the answer to `cut_tiles`; raise Garbled."""
    try:
        head, rest = _split(answer)
        if "refused" in head:
            return _refused(head["refused"])
        if len(rest) != head["tiles"]:
            raise ValueError("a tile pack of another length")
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise Garbled(f"{type(error).__name__}: {error}") from error
    return rest


def read_pixels(answer: bytes) -> Pixels | Refused:
    """Read the answer to `full_size`; raise Garbled."""
    try:
        head, rest = _split(answer)
        if "refused" in head:
            return _refused(head["refused"])
        width, height, columns, rows, preview_columns, preview_rows = head["pixels"]
        if not all(isinstance(number, int) and number > 0 for number in head["pixels"]):
            raise ValueError("a size that is none")
        split, label = 3 * columns * rows, head["label"]
        if len(rest) != split + 3 * preview_columns * preview_rows:
            raise ValueError("other pixels than the sizes say")
        if not isinstance(label, str) or len(label) > _LONGEST_TEXT or not label.isprintable():
            raise ValueError("a label that is none")
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise Garbled(f"{type(error).__name__}: {error}") from error
    sizes = (width, height, columns, rows)
    return Pixels(label, *sizes, rest[:split], preview_columns, preview_rows, rest[split:])


def _join(head: dict[str, Any], *parts: bytes) -> bytes:
    encoded = json.dumps(head).encode()
    return b"".join((_LENGTH.pack(len(encoded)), encoded, *parts))


def _split(answer: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = _LENGTH.unpack_from(answer)
    if length > min(_LONGEST_HEAD, len(answer) - _LENGTH.size):
        raise ValueError("a head longer than the answer")
    head = json.loads(answer[_LENGTH.size : _LENGTH.size + length])
    if not isinstance(head, dict):
        raise TypeError("a head that is no object")
    return head, answer[_LENGTH.size + length :]


def _refused(pair: list[Any]) -> Refused:
    code, reason = pair
    if not (isinstance(code, str) and isinstance(reason, str)):
        raise TypeError("a refusal that is no text")
    return Refused(code[:48], reason[:400])


def _metadata(facts: dict[str, Any]) -> Metadata:
    metadata = Metadata(**{**facts, "camera": Camera(**facts["camera"])})
    camera = metadata.camera
    for moment in (metadata.taken_local, metadata.taken_utc):
        if moment is not None:
            datetime.fromisoformat(moment)
    texts: tuple[Any, ...] = (
        metadata.taken_local,
        metadata.taken_utc,
        camera.make,
        camera.model,
        camera.lens,
    )
    for text in texts:
        if not (text is None or (isinstance(text, str) and len(text) <= _LONGEST_TEXT)):
            raise ValueError("a text that is too long, or none")
    position = (metadata.latitude, metadata.longitude)
    numbers: tuple[Any, ...] = (*position, camera.focal, camera.aperture, camera.exposure, camera.iso)
    for number in numbers:
        if not (number is None or (isinstance(number, int | float) and math.isfinite(number))):
            raise ValueError("a number that is none")
    return metadata


def _check(decoded: Decoded, rest: bytes) -> None:
    numbers: tuple[Any, ...] = (decoded.width, decoded.height, decoded.orientation, decoded.frames)
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        raise ValueError("a size that is none")
    if decoded.width * decoded.height > MOST_PIXELS or decoded.orientation > 8:
        raise ValueError("a picture beyond the limits")
    if len(decoded.histogram) != HISTOGRAM_BINS or len(decoded.colour) != 7 or rest:
        raise ValueError("facts of another shape")
    if [rendition.kind for rendition in decoded.renditions] != [THUMBNAIL, SCREEN]:
        raise ValueError("other renditions than were asked for")
    for rendition in decoded.renditions:
        side = _SIDES[rendition.kind]
        if not (0 < rendition.width <= side and 0 < rendition.height <= side):
            raise ValueError("a rendition of another size")
        if not rendition.content.startswith(_JPEG):
            raise ValueError("a rendition that is no JPEG")
