"""How far a picture is from the one it was."""

import numpy as np
from numpy.typing import NDArray

_LUMA = np.array([0.299, 0.587, 0.114])
_SIDE = 11
_SIGMA = 1.5


def psnr(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio over all colours, in dB."""
    error = np.mean((after.astype(np.float64) - before) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Return the mean structural similarity of the luma (Wang et al., 2004; the usual Gaussian window)."""
    x, y = before @ _LUMA, after @ _LUMA
    mean_x, mean_y = _blurred(x), _blurred(y)
    spread = _blurred(x * x) - mean_x**2 + _blurred(y * y) - mean_y**2
    shared = _blurred(x * y) - mean_x * mean_y
    small_mean, small_spread = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_x * mean_y + small_mean) * (2 * shared + small_spread)
    return float(np.mean(likeness / ((mean_x**2 + mean_y**2 + small_mean) * (spread + small_spread))))


def _blurred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(-((np.arange(_SIDE) - _SIDE // 2) ** 2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    height, width = (side - _SIDE + 1 for side in values.shape)
    rows = sum(weight * values[start : start + height] for start, weight in enumerate(weights))
    return np.asarray(sum(weight * rows[:, start : start + width] for start, weight in enumerate(weights)))
