"""What a tour consists of: steps that each wait for what they check, and leave a numbered picture."""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.protection.stage import Screen

Pixels = npt.NDArray[np.uint8]
PATIENCE = 30.0
# A frame is kept once two in a row are alike: nothing is being painted any more.
SETTLED_AFTER = 0.25
ALARM = (0xE5, 0x64, 0x5E)
GOOD = (0x63, 0xB9, 0x8D)


class Step(AssertionError):
    """A step of the tour that was not seen to succeed."""


class Album:
    """Looks at the screen through the frame buffer's file, never through X, and keeps what it saw."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._screen = screen
        self._folder = folder
        self._number = 0
        self.failed: list[str] = []

    def step(self, name: str, seen: Callable[[], bool], patience: float = PATIENCE) -> bool:
        """Wait until something is seen, keep a picture of it, and say so; False when it was never seen."""
        self._number += 1
        began = time.monotonic()
        while not (good := seen()) and time.monotonic() - began < patience:
            time.sleep(0.02)
        pixels = self.settled() if good else self.pixels()
        file = f"{self._number:02d}-{name.replace(' ', '-')}.png"
        Image.fromarray(pixels).save(self._folder / file)
        sys.stdout.write(f"{'ok    ' if good else 'FAILED'}  {file}  ({time.monotonic() - began:.1f} s)\n")
        sys.stdout.flush()
        if not good:
            self.failed.append(file)
        return good

    def pixels(self) -> Pixels:
        """Return what the screen shows, as RGB."""
        return np.ascontiguousarray(self._screen.pixels())

    def settled(self) -> Pixels:
        """Return what the screen shows once it has stopped changing, or after two seconds."""
        deadline = time.monotonic() + 2.0
        before = self.pixels()
        while time.monotonic() < deadline:
            time.sleep(SETTLED_AFTER)
            now = self.pixels()
            if np.array_equal(before, now):
                break
            before = now
        return before


def part(pixels: Pixels, left: int, top: int, right: int, bottom: int) -> Pixels:
    """Cut a rectangle out."""
    return pixels[top:bottom, left:right]


def colourfulness(pixels: Pixels) -> float:
    """Return the share of pixels that are far from grey: photographs are, the room around them is not."""
    wide = pixels.astype(np.int16)
    return float(((wide.max(axis=2) - wide.min(axis=2)) > 24).mean())


def brightness(pixels: Pixels) -> float:
    """Return the mean of all channels, 0 to 255."""
    return float(pixels.mean())


def has_colour(pixels: Pixels, colour: tuple[int, int, int], at_least: int = 12) -> bool:
    """Say whether a colour is there, give or take what smoothing does to thin lines."""
    near = np.abs(pixels.astype(np.int16) - np.array(colour)).max(axis=2) <= 24
    return int(near.sum()) >= at_least


def difference(one: Pixels, other: Pixels) -> float:
    """Return the mean difference of two pictures of one size."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
