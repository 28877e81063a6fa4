"""Which picture a copy shows: right for copies and parts of them, silent when it is not certain."""

import io
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image

from local_server.marks.recognise import COMPARED_SIDE, Likeness, choose, levelled, likeness

SAMPLES: Final = Path(__file__).resolve().parents[3] / "resources" / "samples"
SIDE: Final = 2560


def photographs() -> dict[str, Image.Image]:
    found = {}
    for path in sorted(SAMPLES.glob("*.jpg"))[:5]:
        image = Image.open(path).convert("RGB")
        share = SIDE / max(image.size)
        found[path.stem] = image.resize((round(image.width * share), round(image.height * share)))
    return found


@pytest.fixture(scope="module")
def shelf() -> dict[str, Image.Image]:
    return photographs()


def recognised(shelf: dict[str, Image.Image], copy: Image.Image, scale: float) -> str | None:
    """Compare at the scale that the mark in the copy tells."""
    compared: list[tuple[str, Likeness]] = []
    for name, original in shelf.items():
        shrink = COMPARED_SIDE / max(original.size)
        size = (round(original.width * shrink), round(original.height * shrink))
        at = size[0] / (original.width * scale)
        small = levelled(copy, (max(1, round(copy.width * at)), max(1, round(copy.height * at))))
        compared.append((name, likeness(small, levelled(original, size))))
    return choose(compared)


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


@pytest.mark.parametrize("quality", [75, 30])
def test_a_copy_is_recognised(shelf: dict[str, Image.Image], quality: int) -> None:
    for name, image in shelf.items():
        assert recognised(shelf, jpeg(image, quality), 1.0) == name


def test_a_quarter_is_recognised(shelf: dict[str, Image.Image]) -> None:
    for name, image in shelf.items():
        left, top = image.width // 3, image.height // 3
        part = image.crop((left, top, left + image.width // 2, top + image.height // 2))
        assert recognised(shelf, jpeg(part, 50), 1.0) == name


def test_a_screenshot_around_it_is_recognised(shelf: dict[str, Image.Image]) -> None:
    for name, image in shelf.items():
        screenshot = Image.new("RGB", (1600, 1400), (16, 17, 19))
        screenshot.paste(image.resize((image.width // 2, image.height // 2)), (90, 40))
        assert recognised(shelf, jpeg(screenshot, 75), 0.5) == name


def test_a_small_part_is_recognised_or_left_open_but_never_taken_for_another(
    shelf: dict[str, Image.Image],
) -> None:
    found = []
    for name, image in shelf.items():
        for left in range(0, image.width - 300, 700):
            part = image.crop((left, image.height // 2, left + 300, image.height // 2 + 300))
            found.append((name, recognised(shelf, jpeg(part, 75), 1.0)))
    assert all(answer in (name, None) for name, answer in found)


def test_what_was_never_shown_is_nobodys(shelf: dict[str, Image.Image]) -> None:
    for name, image in shelf.items():
        others = {other: picture for other, picture in shelf.items() if other != name}
        assert recognised(others, jpeg(image, 75), 1.0) is None


def test_a_flat_copy_is_like_nothing(shelf: dict[str, Image.Image]) -> None:
    assert recognised(shelf, Image.new("RGB", (1600, 900), (120, 120, 120)), 1.0) is None


def test_a_picture_is_wholly_like_itself_and_its_negative_is_not() -> None:
    noise = np.random.default_rng(1).normal(0, 20, (90, 120)).astype(np.float32)
    assert likeness(noise, noise).score == pytest.approx(1.0, abs=1e-3)
    assert likeness(noise, -noise).score < 0.5


def test_two_that_are_alike_are_told_apart_by_nobody() -> None:
    high, close = Likeness(0.95, many=True), Likeness(0.9, many=True)
    assert choose([("one", high), ("two", close)]) is None
    assert choose([("one", high), ("one", close)]) == "one"
    assert choose([("one", Likeness(0.6, many=False))]) is None
    assert choose([]) is None
