"""Pixels in memory stay within their bound, can be forgotten, and come only from honest bytes."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from desktop.canvas.pixels import LARGEST_SIDE, READY, PixelCache, PixelKey, decode, scaled
from desktop.client.errors import UnexpectedAnswer


def encoded(size: tuple[int, int], kind: str = "JPEG", mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind)
    return buffer.getvalue()


def image(side: int) -> QImage:
    return QImage(side, side, QImage.Format.Format_RGB32)


def key(number: int) -> PixelKey:
    return PixelKey(f"p{number}", "screen")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=60))
def test_the_cache_never_holds_more_than_its_limit(puts: list[tuple[int, int]]) -> None:
    cache = PixelCache(10_000)
    for number, side in puts:
        cache.put(key(number), image(side))
        held = [cache.get(key(n)) for n in range(10)]
        assert cache.used == sum(each.sizeInBytes() for each in held if each is not None) <= 10_000


def test_what_was_used_last_stays() -> None:
    cache = PixelCache(3 * image(10).sizeInBytes())
    for number in range(3):
        cache.put(key(number), image(10))
    cache.get(key(0))
    cache.put(key(3), image(10))
    assert cache.get(key(0)) is not None
    assert cache.get(key(1)) is None


def test_forgetting_leaves_nothing() -> None:
    cache = PixelCache(1 << 20)
    cache.put(key(1), image(10))
    cache.put(key(2), image(10))
    cache.drop_picture("p1")
    assert cache.get(key(1)) is None
    cache.forget()
    assert (len(cache), cache.used) == (0, 0)


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGBA"), ("PNG", "P")])
def test_decoded_images_need_no_conversion_when_painted(kind: str, mode: str) -> None:
    assert decode(encoded((30, 20), kind, mode), None).format() in READY


def test_decoding_covers_the_box_and_never_enlarges() -> None:
    data = encoded((600, 400))
    assert decode(data, QSize(150, 150)).size() == QSize(225, 150)
    assert decode(data, QSize(3000, 100)).size() == QSize(600, 400)


def test_scaling_gives_the_exact_size() -> None:
    assert scaled(image(100), QSize(33, 21)).size() == QSize(33, 21)


@pytest.mark.qt_log_ignore("JPEG", extend=True)
@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", encoded((30, 20))[:60], encoded((LARGEST_SIDE + 1, 1))],
    ids=("empty", "text", "cut", "huge"),
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        decode(data, None)
