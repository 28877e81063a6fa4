"""What a reader looks at: the picture with its content held down, and a tile's tones in it at any scale."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import HIGHEST, TILE

REACH: Final = int(HIGHEST * TILE)
"""Tones are measured for kx in 0..REACH and ky in -REACH..REACH cycles per tile."""

WINDOW: Final = 32
_HOP: Final = WINDOW // 2
# A window's spectrum is divided by its smoothed power to this power: 0.5 makes the content white, more also
# makes busy windows count less than quiet ones, where the mark stands out.
_WHITENING: Final = np.float32(0.8)
# What is added to that power, in grey levels rms: in windows quieter than this it is the rounding of a JPEG
# that speaks, and it must not be made louder.
_QUIET: Final = 6.0
_SMOOTHED: Final = 3
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_HANN: Final = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)
_FLOOR: Final = np.float32((_QUIET * _SMOOTHED * np.sum(_HANN**2)) ** 2)


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma of H x W x 3 pixels; finer than 8 bits, because the mark is about one grey level."""
    return pixels.astype(np.float32) @ _LUMA


def whiten(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the picture with the spectrum of every 32 × 32 neighbourhood levelled.

    Hann windows overlap by half and add up to one; each is divided by its own power spectrum, smoothed over 3
    × 3 frequencies. Borders are mirrored for the windows that reach beyond them. A side under 32 pixels gives
    zeros.
    """
    if min(grey.shape) < WINDOW:
        return np.zeros_like(grey)
    padded = np.pad(grey, [(_HOP, _HOP + -side % _HOP) for side in grey.shape], mode="reflect")
    height, width = padded.shape
    levelled = np.zeros_like(padded)
    down, back_down, across, back_across = _transforms()
    count = width // _HOP - 1
    for top in range(0, height - _HOP, _HOP):
        columns = down @ padded[top : top + WINDOW]
        halves = columns.reshape(len(down), count + 1, _HOP)
        windows = np.concatenate((halves[:, :-1], halves[:, 1:]), axis=2)
        spectrum = windows @ across
        spectrum *= _gains(spectrum)
        pieces = spectrum @ back_across
        # Odd windows begin half a window after even ones.
        joined = np.zeros((len(down), count + 1, _HOP), np.complex64)
        joined[:, :-1] += pieces[..., :_HOP]
        joined[:, 1:] += pieces[..., _HOP:]
        levelled[top : top + WINDOW] += (back_down @ joined.reshape(len(down), width)).real
    return levelled[_HOP : _HOP + grey.shape[0], _HOP : _HOP + grey.shape[1]]


def _transforms() -> tuple[NDArray[np.complex64], ...]:
    """Return the windowed Fourier transform of a column (half spectrum) and a row, each with its way back."""
    places = np.arange(WINDOW)
    turns = np.exp(-2j * np.pi * np.outer(places, places) / WINDOW)
    half = turns[: WINDOW // 2 + 1]
    twice = np.full(len(half), 2.0)
    twice[[0, -1]] = 1
    return tuple(
        np.ascontiguousarray(matrix, np.complex64)
        for matrix in (half * _HANN, half.conj().T * twice / WINDOW, (turns * _HANN).T, turns.conj() / WINDOW)
    )


def _gains(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Return what each frequency (half, windows, full) of each window is multiplied with."""
    power = spectrum.real**2 + spectrum.imag**2
    smooth = power.copy()
    smooth[..., 1:] += power[..., :-1]
    smooth[..., :-1] += power[..., 1:]
    smooth[..., 0] += power[..., -1]
    smooth[..., -1] += power[..., 0]
    total = smooth.copy()
    total[1:] += smooth[:-1]
    total[:-1] += smooth[1:]
    total += _FLOOR
    return np.asarray(np.power(total, -_WHITENING))


def tones(levelled: NDArray[np.float32], scale: tuple[float, float]) -> NDArray[np.complex64]:
    """Return the tones of a tile in a picture at `scale` (x, y) screen pixels per pixel of the pattern.

    The array is (2 REACH + 1, REACH + 1): ky from -REACH to REACH, kx from 0 to REACH.
    """
    height, width = levelled.shape
    across = _turns(width, TILE * scale[0])
    down = _turns(height, TILE * scale[1])
    rows = levelled @ np.concatenate((across.real, across.imag), axis=1)
    return np.ascontiguousarray(_full(down).T) @ (rows[:, : REACH + 1] + 1j * rows[:, REACH + 1 :])


def _turns(length: int, period: float) -> NDArray[np.complex64]:
    frequencies = np.arange(REACH + 1) / period
    return np.asarray(np.exp(-2j * np.pi * np.outer(np.arange(length), frequencies)), np.complex64)


def _full(turns: NDArray[np.complex64]) -> NDArray[np.complex64]:
    return np.concatenate((turns[:, :0:-1].conj(), turns), axis=1)
