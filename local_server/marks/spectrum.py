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
_HANN: Final = (WINDOW / 2 * (1 - np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW))).astype(np.float32)
_FLOOR: Final = np.float32((_QUIET * _SMOOTHED * np.sum((_HANN / WINDOW) ** 2)) ** 2)


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma of H × W × 3 pixels; finer than 8 bits, because the mark is about one grey level."""
    return pixels.astype(np.float32) @ _LUMA


def whiten(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the picture with the spectrum of every 32 × 32 neighbourhood levelled.

    Hann windows overlap by half and add up to one; each is divided by its own power spectrum, smoothed over
    3 × 3 frequencies. Borders are mirrored for the windows that reach beyond them. A side under 32 pixels
    gives zeros.
    """
    if min(grey.shape) < WINDOW:
        return np.zeros_like(grey)
    padded = np.pad(grey, [(_HOP, _HOP + -side % _HOP) for side in grey.shape], mode="reflect")
    levelled = np.zeros_like(padded)
    halves = padded.shape[1] // _HOP
    for top in range(0, len(padded) - _HOP, _HOP):
        # Both transforms divide by the length, which _HANN makes good: numpy computes an undivided transform
        # of single precision in double, at a tenth of the speed.
        columns = np.fft.rfft(padded[top : top + WINDOW] * _HANN[:, None], axis=0, norm="forward")
        places = columns.reshape(len(columns), halves, _HOP)
        windows = np.concatenate((places[:, :-1], places[:, 1:]), axis=2)
        windows *= _HANN
        spectrum = np.fft.fft(windows, axis=2, norm="forward")
        spectrum *= _gains(spectrum)
        pieces = np.fft.ifft(spectrum, axis=2)
        # Each window adds its halves to the places where its neighbours lie as well.
        places[:] = 0
        places[:, :-1] += pieces[..., :_HOP]
        places[:, 1:] += pieces[..., _HOP:]
        levelled[top : top + WINDOW] += np.fft.irfft(columns, WINDOW, axis=0)
    return levelled[_HOP : _HOP + grey.shape[0], _HOP : _HOP + grey.shape[1]]


def _gains(spectrum: NDArray[np.complexfloating]) -> NDArray[np.floating]:
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
