"""Counts the marks that are read where none are: crops of unmarked photographs, some fully searched.

Run `OPENBLAS_NUM_THREADS=1 python -m tests.bench.bench_marks_unmarked [FOLDER...] [--crops N]
[--searched N]`. It prints what it has so far after every thousand crops, so it may be ended at any time.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from local_server.marks.codec import Codec
from local_server.marks.read import read

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
CODEC = Codec(bytes(range(32)))
LONG_SIDE = 1600
SIDES = (64, 346)


def pictures(folders: list[Path]) -> list[NDArray[np.uint8]]:
    """Return the photographs of some folders."""
    found = []
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
            continue
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        if min(picture.size) > SIDES[1]:
            found.append(np.asarray(picture))
    return found


def crops(photographs: list[NDArray[np.uint8]], count: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Yield crops of any size at any place."""
    generator = np.random.default_rng(seed)
    for number in range(count):
        pixels = photographs[number % len(photographs)]
        height, width = generator.integers(*SIDES, 2)
        top = generator.integers(0, pixels.shape[0] - height + 1)
        left = generator.integers(0, pixels.shape[1] - width + 1)
        yield pixels[top : top + height, left : left + width]


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[SAMPLES])
    parser.add_argument("--crops", type=int, default=100_000)
    parser.add_argument("--searched", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    photographs = pictures(chosen.folders)
    for name, count, search in (("searched", chosen.searched, True), ("upright", chosen.crops, False)):
        begin, seen = time.process_time(), 0
        for number, crop in enumerate(crops(photographs, count, chosen.seed), start=1):
            for reading in read(crop, CODEC, search=search):
                seen += 1
                print(f"FALSE: {reading}", flush=True)
            if number % 1000 == 0 or number == count:
                spent = (time.process_time() - begin) / number
                print(f"{name:12}{number:9} crops{seen:4} read{1000 * spent:9.1f} ms each", flush=True)


if __name__ == "__main__":
    main()
