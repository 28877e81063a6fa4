"""An image at full size and at halves of it, levelled when first asked for."""

import numpy as np
from numpy.typing import NDArray

from local_server.marks.spectrum import whiten


class Sizes:
    """What a reader looks at; whoever asks keeps to the size that suits the scale of the pattern."""

    def __init__(self, grey: NDArray[np.float32]) -> None:
        self.height, self.width = grey.shape
        self._grey = [grey]
        self._levelled: dict[int, NDArray[np.float32]] = {}

    def halved(self, times: int) -> NDArray[np.float32]:
        """Return the levelled image at a half, a quarter, ... of its size."""
        while len(self._grey) <= times:
            self._grey.append(_halved(self._grey[-1]))
        if times not in self._levelled:
            self._levelled[times] = whiten(self._grey[times])
        return self._levelled[times]

    def suited(self, scale: float) -> tuple[NDArray[np.float32], float]:
        """Return the levelled image at the size that suits the pattern best, and the scale in it."""
        times = max(0, round(float(np.log2(scale))))
        return self.halved(times), scale / 2**times


def _halved(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = (side // 2 * 2 for side in grey.shape)
    even, odd = grey[:height:2, :width], grey[1:height:2, :width]
    rows = even + odd
    return (rows[:, ::2] + rows[:, 1::2]) * np.float32(0.25)
