"""A rendition is marked for one viewer after the other, in its luma alone."""

import io
import sys
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from PIL import Image

from local_server.library.marking import PixelMarker
from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import Margin
from local_server.marks.identity import MarkId
from local_server.marks.read import read

CODEC = Codec(bytes(range(32)))


@pytest.fixture(scope="module")
def rendition() -> bytes:
    colours = np.random.default_rng(3).integers(30, 226, (9, 12, 3), np.uint8)
    buffer = io.BytesIO()
    picture = Image.fromarray(colours).resize((640, 480), Image.Resampling.BICUBIC)
    picture.save(buffer, "JPEG", quality=90, subsampling="4:4:4")
    return buffer.getvalue()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def opened(content: bytes, mode: str) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        image.draft(mode, None)
        return np.asarray(image.convert(mode)).astype(int)


def test_each_viewer_gets_a_copy_that_names_them(rendition: bytes) -> None:
    marker = PixelMarker(CODEC)
    copies = {mark: marker.mark(rendition, mark, (0, 0), Margin()) for mark in (5, 6, 5)}
    for mark, copy in copies.items():
        readings = read(opened(copy, "RGB").astype(np.uint8), CODEC)
        assert {reading.mark for reading in readings if reading.layer is Layer.PIXELS} == {MarkId(mark)}


def test_what_was_prepared_for_one_viewer_is_no_different_for_the_next(rendition: bytes) -> None:
    marker = PixelMarker(CODEC)
    first = marker.mark(rendition, 5, (0, 0), Margin())
    marker.mark(rendition, 6, (0, 0), Margin())
    assert marker.mark(rendition, 5, (0, 0), Margin()) == first
    assert PixelMarker(CODEC).mark(rendition, 5, (0, 0), Margin()) == first


def test_colours_go_through_untouched(rendition: bytes) -> None:
    before, after = (
        opened(rendition, "YCbCr"),
        opened(PixelMarker(CODEC).mark(rendition, 5, (0, 0), Margin()), "YCbCr"),
    )
    assert np.abs(after[..., 1:] - before[..., 1:]).max() <= 1
    assert np.abs(after[..., 0] - before[..., 0]).max() >= 2


def test_a_block_is_returned_without_its_margin(rendition: bytes) -> None:
    marked = opened(PixelMarker(CODEC).mark(rendition, 5, (0, 16), Margin(0, 16, 32, 48)), "YCbCr")
    assert marked.shape == (480 - 64, 640 - 32, 3)
    plain = opened(PixelMarker(CODEC).plain(rendition, Margin(0, 16, 32, 48)), "YCbCr")
    assert np.abs(plain[..., 1:] - marked[..., 1:]).max() <= 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no memory with a descriptor")
def test_no_encoding_holds_the_interpreter_lock(rendition: bytes) -> None:
    called = []

    def note(_frame: FrameType, event: str, function: object) -> None:
        if event == "c_call" and type(getattr(function, "__self__", None)).__name__ == "ImagingEncoder":
            called.append(getattr(function, "__name__", ""))

    marker = PixelMarker(CODEC)
    marker.mark(rendition, 5, (0, 0), Margin())
    before = descriptors()
    sys.setprofile(note)
    try:
        # Its colours and strengths are at hand: all that is encoded now is the copy.
        marker.mark(rendition, 6, (0, 0), Margin())
    finally:
        sys.setprofile(None)
    # Of the ways that Pillow has, this one alone lets other threads run meanwhile.
    assert [name for name in called if name.startswith("encode")] == ["encode_to_file"]
    assert descriptors() == before
