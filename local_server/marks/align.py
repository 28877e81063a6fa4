"""Corrects a guess of how a pattern lies, from what the sync tones of all its tiles say together."""

from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import TILE, Carrier
from local_server.marks.geometry import jacobian
from local_server.marks.sizes import Sizes
from local_server.marks.spectrum import REACH
from local_server.marks.tiles import Tiles, cut, surrounding_power

# Offsets are looked for in steps of this many pattern pixels: the fastest tone has a period of 5.6.
_GRID: Final = 2
_PLACES: Final = TILE // _GRID
# Single tones that stand out by more than this are the picture's own (a fence, a weave) and count as this
# much.
_LOUDEST: Final = 6.0
# Corrections are tried in steps that move the outermost tiles by this many pixels.
_STEP: Final = 1.5
_ROUNDS: Final = 10
# Blocks around the middle that are aligned first, and how much further each round looks.
_FIRST: Final = 1.6 * TILE
_GROWTH: Final = 1.7


class Alignment(NamedTuple):
    """A correction, from the guessed to the true place in the pattern, and how clear it is.

    The clarity is that of the sync tones in standard deviations of chance; the best of all the corrections
    that are tried reaches 5 to 7 by chance alone.
    """

    correction: NDArray[np.float64]
    clarity: float


class _Likeness(NamedTuple):
    """Blocks × sync tones: what is measured, turned back by what the mark says, of unit noise."""

    values: NDArray[np.complex64]
    places: NDArray[np.float64]
    waves: NDArray[np.float64]
    """The sync tones in radians per pattern pixel, tones × 2."""

    @property
    def spread(self) -> float:
        """What chance sums up to."""
        return float(np.sqrt(np.sum(np.abs(self.values) ** 2) / 2)) + 1e-12


def align(tiles: Tiles, carrier: Carrier, steps: int = 2) -> Alignment:
    """Try offsets and affine corrections on a grid, and polish the best of them."""
    like = _likeness(tiles, carrier)
    offsets = like.places - like.places.mean(axis=0)
    step = _STEP / max(float(np.abs(offsets).max()), TILE / 2)
    wide = np.arange(-steps, steps + 1) * step
    narrow = np.arange(-(steps // 2), steps // 2 + 1) * step
    linear = np.array(
        [(g + p, q - t, q + t, g - p) for g, t, p, q in product(wide, wide, narrow, narrow)], np.float32
    ).reshape(-1, 2, 2)
    best, shift, clearest = linear[0], np.zeros(2), -np.inf
    for start in range(0, len(linear), 128):
        part = linear[start : start + 128]
        phases = (like.waves.astype(np.float32) @ part) @ offsets.T.astype(np.float32)
        turned = np.einsum("cnw,wn->cn", np.exp(1j * phases), like.values)
        spectrum = np.zeros((len(part), _PLACES, _PLACES // 2 + 1), np.complex64)
        spectrum[:, carrier.sync.ky, carrier.sync.kx] = turned
        maps = np.fft.irfft2(spectrum, (_PLACES, _PLACES), norm="backward")
        number, place = divmod(int(np.argmax(maps)), _PLACES**2)
        if maps[number].ravel()[place] > clearest:
            clearest = maps[number].ravel()[place]
            best, shift = part[number], np.array(divmod(place, _PLACES)[::-1]) * float(_GRID)
    return _polished(like, best.astype(np.float64), shift, projective=False)


def polish(tiles: Tiles, carrier: Carrier, *, projective: bool = False) -> Alignment:
    """Climb from a guess that is right within a pixel or two to the best correction nearby."""
    return _polished(_likeness(tiles, carrier), np.zeros((2, 2)), np.zeros(2), projective=projective)


def track(
    sizes: Sizes,
    matrix: NDArray[np.float64],
    carrier: Carrier,
    middle: NDArray[np.float64],
    *,
    projective: bool,
) -> tuple[Tiles, float] | None:
    """Follow a pattern from where a guess is right as far as it goes; return its tiles and their clarity."""
    reach = _FIRST
    while True:
        place = matrix @ (*middle, 1.0)
        scale = abs(np.linalg.det(jacobian(matrix, (float(middle[0]), float(middle[1]))))) ** -0.5
        tiles = cut(sizes, matrix, scale)
        if tiles is None:
            return None
        centre = place[:2] / place[2]
        near = tiles.near(centre, reach)
        if len(near) == 0:
            return None
        found = polish(near, carrier, projective=projective and len(near) > 4)
        if len(near) == len(tiles):
            return tiles.moved(found.correction), found.clarity
        matrix = found.correction @ matrix
        reach *= _GROWTH


def liveliest(tiles: Tiles, carrier: Carrier) -> NDArray[np.float64]:
    """Return the place in the pattern around which the sync tones are strongest, whatever their phases."""
    kx, ky = carrier.sync.kx, carrier.sync.ky
    power = np.abs(tiles.tones[:, ky + REACH, kx]) ** 2
    power /= power.mean(axis=0) + 1e-12
    energy = np.minimum(power, _LOUDEST).sum(axis=1)
    near = np.abs(tiles.places[:, None] - tiles.places).max(axis=2) < 1.5 * TILE
    return np.asarray(tiles.places[np.argmax(near @ energy)])


def _likeness(tiles: Tiles, carrier: Carrier) -> _Likeness:
    kx, ky = carrier.sync.kx, carrier.sync.ky
    power = (tiles.tones.real**2 + tiles.tones.imag**2).sum(axis=0, dtype=np.float64) / len(tiles)
    noise = surrounding_power(power, carrier.data)[ky + REACH, kx]
    values = tiles.tones[:, ky + REACH, kx] / np.sqrt(noise)
    values /= np.maximum(1, np.abs(values) / _LOUDEST)
    waves = np.stack((kx, ky), axis=1).astype(np.float64) * (2 * np.pi / TILE)
    return _Likeness((values * carrier.sync_values.conj()).astype(np.complex64), tiles.places, waves)


def _polished(
    like: _Likeness, linear: NDArray[np.float64], shift: NDArray[np.float64], *, projective: bool
) -> Alignment:
    """Climb by Newton's method, with the curvature that a mark of the strength found so far would have."""
    middle = like.places.mean(axis=0)
    offsets = like.places - middle
    span = max(float(np.abs(offsets).max()), TILE / 2)
    design = _design(offsets / span, projective=projective)
    parameters = np.zeros(design.shape[2])
    parameters[:6] = *shift, *(linear * span).T.ravel()

    def turned(at: NDArray[np.float64]) -> NDArray[np.complexfloating]:
        return like.values * np.exp(1j * (design @ at) @ like.waves.T)

    value = turned(parameters)
    now = float(value.real.sum())
    for _ in range(_ROUNDS):
        slope = np.einsum("wi,wip->p", -value.imag @ like.waves, design)
        strengths = np.maximum(value.real.mean(axis=0), 0) + 1e-6
        bend = like.waves.T @ (strengths[:, None] * like.waves)
        curve = np.einsum("wip,ij,wjq->pq", design, bend, design, optimize=True)
        # Where few blocks say nothing of a parameter, it stays.
        curve += np.eye(len(curve)) * 1e-3 * np.trace(curve) / len(curve)
        step = np.linalg.solve(curve, slope)
        while True:
            value = turned(parameters + step)
            new = float(value.real.sum())
            if new > now or np.abs(step).max() < 1e-2:
                break
            step /= 2
        if new <= now:
            break
        gained, now = new - now, new
        parameters += step
        if gained < 1e-4 * abs(now):
            break
    return Alignment(_correction(parameters, middle, span), now / like.spread)


def _design(offsets: NDArray[np.float64], *, projective: bool) -> NDArray[np.float64]:
    """Return how far each parameter moves each block, blocks × 2 × parameters."""
    zero = np.zeros(len(offsets))
    columns = []
    for basis in (zero + 1, offsets[:, 0], offsets[:, 1]):
        columns += [np.stack((basis, zero), axis=1), np.stack((zero, basis), axis=1)]
    if projective:
        columns += [offsets * offsets[:, :1], offsets * offsets[:, 1:]]
    return np.stack(columns, axis=2)


def _correction(
    parameters: NDArray[np.float64], middle: NDArray[np.float64], span: float
) -> NDArray[np.float64]:
    inner = np.eye(3)
    inner[:2, :2] -= parameters[2:6].reshape(2, 2).T / span
    inner[:2, 2] = -parameters[:2]
    if len(parameters) > 6:
        inner[2, :2] = parameters[6:] / span**2
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = -middle, middle
    return np.asarray(back @ inner @ there)
