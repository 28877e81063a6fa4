"""A full-size picture as JPEG tiles in one packed object, each with a margin for what is laid over it."""

import io
import math
import struct
from dataclasses import dataclass
from typing import IO, Final, Self

from local_server.imaging.colour import ColourSpace
from local_server.imaging.decode import (
    open_picture,
    refusing_damage,
    stored_orientation,
    upright,
)

SIDE: Final = 512
MARGIN: Final = 16
"""Pixels of its neighbours that each tile carries on every inner side (as much as the mark looks around)."""

_QUALITY: Final = 92
_HEAD: Final = struct.Struct("<4sIII")
_MAGIC: Final = b"VST\x01"
_Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile's JPEG and the margin in it, left, top, right and bottom."""

    content: bytes
    margin: tuple[int, int, int, int]


class TilePack:
    """All tiles of one picture: a head, the offsets, then the JPEGs row by row."""

    def __init__(self, content: bytes) -> None:
        magic, self.width, self.height, count = _HEAD.unpack_from(content)
        self.columns, self.rows = columns_and_rows(self.width, self.height)
        if magic != _MAGIC or count != self.columns * self.rows:
            raise ValueError("not a tile pack of this version")
        self._offsets = struct.unpack_from(f"<{count + 1}Q", content, _HEAD.size)
        self._content = content
        if self._offsets[-1] != len(content):
            raise ValueError("a tile pack that was cut short")

    def __len__(self) -> int:
        return len(self._content)

    def tile(self, column: int, row: int) -> Tile | None:
        """Return one tile, or None where the picture has none."""
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return None
        index = row * self.columns + column
        content = self._content[self._offsets[index] : self._offsets[index + 1]]
        margin = (
            MARGIN if column else 0,
            MARGIN if row else 0,
            min(MARGIN, self.width - min(self.width, (column + 1) * SIDE)),
            min(MARGIN, self.height - min(self.height, (row + 1) * SIDE)),
        )
        return Tile(content, margin)

    @classmethod
    def pack(cls, width: int, height: int, tiles: list[bytes]) -> bytes:
        """Join encoded tiles, given row by row."""
        offsets = [_HEAD.size + 8 * (len(tiles) + 1)]
        for tile in tiles:
            offsets.append(offsets[-1] + len(tile))
        head = _HEAD.pack(_MAGIC, width, height, len(tiles)) + struct.pack(f"<{len(offsets)}Q", *offsets)
        return b"".join((head, *tiles))

    @classmethod
    def opened(cls, content: bytes) -> Self:
        """Read a pack made by `pack`; raise ValueError when it is not one."""
        try:
            return cls(content)
        except struct.error as error:
            raise ValueError("not a tile pack") from error


def columns_and_rows(width: int, height: int) -> tuple[int, int]:
    """Return how many tiles cover a picture."""
    return math.ceil(width / SIDE), math.ceil(height / SIDE)


def cut_tiles(file: IO[bytes]) -> bytes:
    """Decode a picture once at full size and return its tile pack; raise Refusal."""
    with refusing_damage():
        image = open_picture(file)
        image.load()
        orientation = stored_orientation(image)
        space = ColourSpace(image)
        sampled = space.sampled(image)
        width, height = sampled.size if orientation < 5 else sampled.size[::-1]
        columns, rows = columns_and_rows(width, height)
        tiles = []
        for row in range(rows):
            for column in range(columns):
                box = _with_margin(column, row, width, height)
                part = sampled.crop(_lying(box, sampled.size, orientation))
                buffer = io.BytesIO()
                tile = upright(space.srgb(part), orientation)
                tile.save(buffer, "JPEG", quality=_QUALITY, subsampling="4:4:4")
                tiles.append(buffer.getvalue())
        return TilePack.pack(width, height, tiles)


def _with_margin(column: int, row: int, width: int, height: int) -> _Box:
    return (
        max(column * SIDE - MARGIN, 0),
        max(row * SIDE - MARGIN, 0),
        min((column + 1) * SIDE + MARGIN, width),
        min((row + 1) * SIDE + MARGIN, height),
    )


def _lying(box: _Box, stored: tuple[int, int], orientation: int) -> _Box:
    """Return where a box of the upright picture lies in the picture as it is stored."""
    left, top, right, bottom = box
    if orientation >= 5:  # stored rows are upright columns
        left, top, right, bottom = top, left, bottom, right
    width, height = stored
    if orientation in (2, 3, 7, 8):
        left, right = width - right, width - left
    if orientation in (3, 4, 6, 7):
        top, bottom = height - bottom, height - top
    return left, top, right, bottom
