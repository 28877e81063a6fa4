"""Finds marks in pixels without the original, however the picture lies in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks.align import align, liveliest, polish, track
from local_server.marks.carrier import TILE, Layer
from local_server.marks.codec import Codec
from local_server.marks.decode import decode
from local_server.marks.geometry import Geometry, Region, apply
from local_server.marks.identity import MarkId
from local_server.marks.issued import Issued
from local_server.marks.offsets import KEEN, USUAL, find_offsets
from local_server.marks.search import MIRROR, Seed, Spectra, aspects, clearest, stretches
from local_server.marks.sizes import Sizes
from local_server.marks.spectrum import luma, tones
from local_server.marks.tiles import Tiles, cut

SCREEN_SCALES: Final = (1.0, 0.5, 2 / 3, 0.75, 1.25, 1.5, 1.75, 2.0)
"""What is tried unasked: the pattern as it was laid, and the scales that screens and browsers use."""

SMALLEST_SCALE: Final = 0.25
LARGEST_SCALE: Final = 8.0

_NEAR: Final = 1.6 * TILE
# Standard deviations of the sync tones: of the blocks around one place, and of all.
_PROMISING: Final = 5.8
_ALIGNED: Final = 6.5
_SHADOW: Final = 0.5
_PLAIN: Final = [np.eye(2), MIRROR]
_ASPECTS: Final = [shape @ np.diag((1, sign)) for shape in aspects() for sign in (1, -1)]
_SLANTS: Final = stretches(0.2, 0.04)


@dataclass(frozen=True, slots=True)
class Reading:
    """One mark found."""

    mark: MarkId
    layer: Layer
    geometry: Geometry
    """How the pattern lies in the image."""
    region: Region
    """The box around the parts of the image that bear the mark."""
    agreement: float
    """How well the tones agree with the mark, in standard deviations of chance.

    A whole picture gives about 30; below 10 nothing is read."""

    @property
    def scale(self) -> float:
        """Image pixels per pixel of the pattern."""
        return self.geometry.scale


def read(
    pixels: NDArray[np.uint8],
    codec: Codec,
    scales: Iterable[float] = (),
    registered: Geometry | None = None,
    *,
    search: bool = False,
    issued: Issued | None = None,
) -> list[Reading]:
    """Return the marks in H × W × 3 pixels, the clearest first; nothing where no checksum agrees.

    Cropping does not matter. `scales` are tried on top of SCREEN_SCALES: those at which the picture may have
    been shown or saved, exact to about one pixel over the width of the picture. `registered` is where the
    image lies in the picture that was marked, if that is known from comparing them. With `search`, any scale,
    turn, mirroring, stretch and moderate perspective are looked for: that takes ten times as long. A mark
    that is too weak to be decoded is still told if it is one of those `issued`.
    """
    return _Reader(pixels, codec, issued).read(scales, registered, search=search)


class _Reader:
    """What is known of one image while it is read."""

    def __init__(self, pixels: NDArray[np.uint8], codec: Codec, issued: Issued | None) -> None:
        self._sizes = Sizes(luma(pixels))
        self._codec = codec
        self._issued = issued
        self._effort = KEEN if issued else USUAL
        self._found: dict[tuple[MarkId, Layer], Reading] = {}

    def read(self, scales: Iterable[float], registered: Geometry | None, *, search: bool) -> list[Reading]:
        if registered is not None:
            self._follow_all_layers(registered.matrix)
        for scale in dict.fromkeys((*SCREEN_SCALES, *scales)):
            if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
                raise ValueError(f"a scale lies between {SMALLEST_SCALE} and {LARGEST_SCALE}")
            self._read_upright(scale)
        if search:
            self._search()
        return sorted(self._found.values(), key=lambda reading: -reading.agreement)

    def _read_upright(self, scale: float) -> None:
        """Read where the sync tones agree on an offset of an upright pattern."""
        levelled, suited = self._sizes.suited(scale)
        measured = tones(levelled, (suited, suited))
        agreeing = [
            layer for layer in Layer if any(find_offsets(measured, self._codec.carriers[layer], self._effort))
        ]
        tiles = cut(self._sizes, np.diag((1 / scale, 1 / scale, 1.0)), scale) if agreeing else None
        for layer in agreeing:
            self._read_tiles(tiles, layer)

    def _read_tiles(self, tiles: Tiles | None, layer: Layer) -> None:
        """Read blocks that lie right but for an offset, and then those that are left."""
        while tiles is not None and len(tiles):
            for offset in find_offsets(tiles.tones.sum(axis=0), self._codec.carriers[layer], self._effort):
                moved = tiles.moved(np.array([(1, 0, -offset[0]), (0, 1, -offset[1]), (0, 0, 1.0)]))
                aligned = moved.moved(polish(moved, self._codec.carriers[layer]).correction)
                # What polishes a clear pattern may spoil one that is hardly there.
                bearing = self._decode(aligned, layer)
                if not bearing.any():
                    bearing = self._decode(moved, layer)
                if bearing.any():
                    tiles = tiles.chosen(~bearing)
                    break
            else:
                return

    def _decode(self, tiles: Tiles, layer: Layer) -> NDArray[np.bool_]:
        """Note the marks in aligned blocks; return which blocks bear any."""
        bearing = np.zeros(len(tiles), np.bool_)
        for decoded in decode(tiles, self._codec, layer, self._issued):
            bearing |= decoded.bearing
            region = tiles.region(decoded.bearing, self._sizes.width, self._sizes.height)
            geometry = Geometry.of(tiles.matrix, region.centre)
            reading = Reading(decoded.mark, layer, geometry, region, decoded.agreement)
            known = self._found.get((reading.mark, layer))
            if known is None or known.agreement < reading.agreement:
                self._found[reading.mark, layer] = reading
        return bearing

    def _search(self) -> None:
        """Look for patterns of which nothing is known: first as a whole, then stretched, then in parts."""
        width, height = self._sizes.width, self._sizes.height
        whole = Region(0, 0, width, height)
        parts = [
            Region(left, top, left + width * 5 // 9, top + height * 5 // 9)
            for top in (0, height * 2 // 9, height * 4 // 9)
            for left in (0, width * 2 // 9, width * 4 // 9)
        ]
        spectra = Spectra(self._sizes, self._codec)
        for shapes, boxes, count in ((_PLAIN, [whole], 8), (_ASPECTS, [whole], 4), (_SLANTS, parts, 10)):
            followed: dict[Layer, float] = {}
            for seed in clearest(chain.from_iterable(spectra.seeds(shapes, box) for box in boxes), count):
                # What is far less clear than a mark that was found is its shadow.
                if seed.clarity > _SHADOW * followed.get(seed.layer, 0.0) and self._follow(seed):
                    followed.setdefault(seed.layer, seed.clarity)
            if self._found:
                return

    def _follow(self, seed: Seed) -> bool:
        """Align a guess in each of its four turns, read along the best, and say whether that found any."""
        carrier = self._codec.carriers[seed.layer]
        matrix = np.eye(3)
        matrix[:2, :2] = seed.jacobian
        tiles = cut(self._sizes, matrix, seed.scale, seed.box.centre)
        if tiles is None:
            return False
        best = None
        centre = liveliest(tiles, carrier)
        near = tiles.near(centre, _NEAR)
        for _ in range(4):
            found = align(near, carrier)
            if best is None or found.clarity > best[0].clarity:
                best = found, near.matrix
            near = near.turned()
        if best is None or best[0].clarity < _PROMISING:
            return False
        matrix = best[0].correction @ best[1]
        place = apply(np.linalg.inv(tiles.matrix), centre[None])[0]
        tracked = track(self._sizes, matrix, carrier, place, projective=True)
        if tracked is None or tracked[1] < _ALIGNED:
            return False
        return bool(self._decode(tracked[0], seed.layer).any())

    def _follow_all_layers(self, matrix: NDArray[np.float64]) -> None:
        """Read along a map that is right but for an offset."""
        region = Region(0, 0, self._sizes.width, self._sizes.height)
        tiles = cut(self._sizes, matrix, Geometry.of(matrix, region.centre).scale)
        for layer in Layer:
            self._read_tiles(tiles, layer)
