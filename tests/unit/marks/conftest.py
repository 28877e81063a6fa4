"""A codec, a mark, and photographs to lay it into."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId

SAMPLES = Path(__file__).parents[3] / "resources" / "samples"
# Fur, a flower, a sky, mist, a forest, a building.
CHOSEN = (
    "Two friends",
    "Crocus",
    "Halifax sunset",
    "Railway in the fog",
    "Woodland stream",
    "Kinkaku-ji",
)
LONG_SIDE = 1024


@pytest.fixture(scope="session")
def codec() -> Codec:
    """Return the codec of a key."""
    return Codec(bytes(range(32)))


@pytest.fixture
def mark() -> MarkId:
    """Return a mark id."""
    return MarkId.from_text("7KQ4-M2XD-9F")


@pytest.fixture
def tile(codec: Codec, mark: MarkId) -> NDArray[np.float32]:
    """Return the mark's tile for pixels."""
    return codec.tile(Layer.PIXELS, mark.payload)


@pytest.fixture(scope="session")
def photographs() -> dict[str, NDArray[np.uint8]]:
    """Return real photographs by name, their long side 1024 pixels."""
    found = {}
    for name in CHOSEN:
        with Image.open(SAMPLES / f"{name}.jpg") as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
        found[name] = np.asarray(picture)
    return found
