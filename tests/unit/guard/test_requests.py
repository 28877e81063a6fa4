"""Requests in both byte orders, short and long, split and decoded as their clients meant them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.events import Rect
from desktop.guard.sentinel import decoded, requests
from desktop.guard.sentinel.connection import NATIVE
from desktop.guard.sentinel.decoded import Opcodes
from desktop.guard.sentinel.extension_requests import refused_naming
from desktop.guard.sentinel.record import FROM_CLIENT, parse_reply, split_requests
from desktop.guard.sentinel.requests import decode

OPCODES = Opcodes(
    *(130, 142, 139),
    *(155, 156, 150, 151),
    *(152, 154, 153, 157),
)
ORDERS = st.sampled_from("<>")
XIDS = st.integers(1, 2**29 - 1)
SHORTS = st.integers(-32768, 32767)
SIZES = st.integers(0, 65535)
RECTS = st.builds(Rect, SHORTS, SHORTS, SIZES, SIZES)


def encode(order: str, major: int, minor: int, body: bytes, *, big: bool) -> bytes:
    """Build a request as its client sends it."""
    units = 1 + len(body) // 4
    if big:
        return struct.pack(f"{order}BBHI", major, minor, 0, units + 1) + body
    return struct.pack(f"{order}BBH", major, minor, units) + body


def decode_one(order: str, major: int, minor: int, body: bytes) -> decoded.Decoded | None:
    """Send a request through the splitter and the decoder."""
    (found,) = split_requests(encode(order, major, minor, body, big=False), order)
    return decode(found.major, found.minor, found.body, order, OPCODES)


@given(ORDERS, XIDS, RECTS)
def test_get_image(order: str, drawable: int, rect: Rect) -> None:
    body = struct.pack(f"{order}IhhHHI", drawable, *rect, 0xFFFFFFFF)
    assert decode_one(order, 73, 2, body) == decoded.ImageRead("get_image", drawable, rect)
    shared = body + struct.pack(f"{order}BxxxII", 2, 77, 0)
    assert decode_one(order, 130, 4, shared) == decoded.ImageRead("shm_get_image", drawable, rect)


@given(ORDERS, XIDS, XIDS, RECTS)
def test_copies(order: str, source: int, target: int, rect: Rect) -> None:
    x, y, width, height = rect
    body = struct.pack(f"{order}IIIhhhhHH", source, target, 1, x, y, 5, 6, width, height)
    assert decode_one(order, 62, 0, body) == decoded.Copy(source, target, rect)
    plane = body + struct.pack(f"{order}I", 1)
    assert decode_one(order, 63, 0, plane) == decoded.Copy(source, target, rect)


@given(ORDERS, XIDS, XIDS, XIDS, RECTS, SHORTS, SHORTS)
def test_render(order: str, source: int, mask: int, target: int, rect: Rect, x: int, y: int) -> None:
    body = struct.pack(
        f"{order}BxxxIIIhhhhhhHH", 1, source, mask, target, rect.x, rect.y, x, y, 0, 0, *rect[2:]
    )
    assert decode_one(order, 139, 8, body) == decoded.PictureDrawn(
        ((source, rect), (mask, rect._replace(x=x, y=y))), target
    )
    assert decode_one(order, 139, 4, struct.pack(f"{order}IIII", 9, source, 0, 0)) == decoded.PictureMade(
        9, source
    )
    assert decode_one(order, 139, 5, struct.pack(f"{order}III", 9, 1, 1)) == decoded.PictureBent(9)
    assert decode_one(order, 139, 5, struct.pack(f"{order}III", 9, 2, 1)) is None


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("mask", "values", "painted"),
    [
        (0, [], False),
        (requests.BACK_PIXMAP, [0], False),
        (requests.BACK_PIXMAP, [1], True),
        (requests.BACK_PIXMAP, [4711], True),
        (requests.BACK_PIXEL, [0], True),
        (requests.BACK_PIXMAP | requests.BACK_PIXEL, [0, 7], True),
        (1 << 9, [1], False),
    ],
)
def test_backgrounds(order: str, mask: int, values: list[int], painted: bool) -> None:
    listed = struct.pack(f"{order}{len(values)}I", *values)
    body = struct.pack(f"{order}IIhhHHHHII", 8, 9, -1, 2, 3, 4, 0, 1, 0, mask) + listed
    assert decode_one(order, 1, 24, body) == decoded.WindowMade(8, 9, Rect(-1, 2, 3, 4), painted)
    changed = decode_one(order, 2, 0, struct.pack(f"{order}II", 8, mask) + listed)
    said = mask & (requests.BACK_PIXEL | requests.BACK_PIXMAP)
    assert changed == (decoded.BackgroundSet(8, painted) if said else None)


@given(
    ORDERS,
    st.lists(
        st.tuples(st.integers(1, 255), st.integers(0, 255), st.integers(0, 20), st.booleans()), max_size=8
    ),
    st.binary(max_size=3),
)
def test_a_block_is_split_into_what_was_sent(
    order: str, sent: list[tuple[int, int, int, bool]], tail: bytes
) -> None:
    block = b"".join(encode(order, major, minor, b"\1" * 4 * n, big=big) for major, minor, n, big in sent)
    found = [(entry.major, entry.minor, len(entry.body)) for entry in split_requests(block + tail, order)]
    assert found == [(major, minor, 4 * units) for major, minor, units, _ in sent]


@given(ORDERS, st.binary(max_size=200))
def test_no_bytes_break_the_reading(order: str, noise: bytes) -> None:
    for entry in split_requests(noise, order):
        decode(entry.major, entry.minor, entry.body, order, OPCODES)


@given(
    st.sampled_from([1, 2, 4, 54, 62, 63, 73]) | st.integers(128, 150),
    st.integers(0, 30),
    st.binary(max_size=27),
)
def test_a_request_cut_short_means_nothing(major: int, minor: int, body: bytes) -> None:
    for order in "<>":
        decode(major, minor, body, order, OPCODES)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_reply_of_the_stream(swapped: bool) -> None:
    reply = struct.pack("=BBHIBBxxIII8x", 1, FROM_CLIENT, 7, 1, 0, swapped, 0x00C00005, 1000, 3) + b"abcd"
    found = parse_reply(reply, 0x001FFFFF)
    assert (found.category, found.client, found.data) == (FROM_CLIENT, 0x00C00000, b"abcd")
    assert (found.order == NATIVE) is not swapped


@pytest.mark.parametrize("order", "<>")
def test_a_refused_naming_is_told_from_other_errors(order: str) -> None:
    for major, minor, refused in [(142, 6, True), (142, 2, False), (73, 6, False)]:
        error = struct.pack(f"{order}BBHIHB21x", 0, 8, 1, 99, minor, major)
        assert refused_naming(error, order, OPCODES) is refused


@given(ORDERS, XIDS, XIDS)
def test_ways_round_the_plain_read(order: str, drawable: int, other: int) -> None:
    one, two = struct.pack(f"{order}II", drawable, other), struct.pack(f"{order}II", other, drawable)
    three = struct.pack(f"{order}IIII", 1, other, drawable, other)
    for (major, minor, body), kind in {
        (150, 1, one): "double_buffer",
        (151, 5, one): "gl_read",
        (151, 7, one): "gl_read",
        (152, 3, one): "buffer_shared",
        (152, 8, one): "buffer_shared",
        (153, 5, one): "gl_read",
        (153, 26, three): "gl_read",
        (153, 22, three): "gl_read",
        (153, 31, three): "gl_read",
    }.items():
        assert decode_one(order, major, minor, body) == decoded.ImageRead(kind, drawable, decoded.WHOLE)
    assert decode_one(order, 154, 1, two) == decoded.Copy(drawable, other, decoded.WHOLE)
    glyphs = struct.pack(f"{order}BxxxII", 1, drawable, other)
    drawn = decoded.PictureDrawn(((drawable, decoded.WHOLE),), other)
    assert decode_one(order, 139, 23, glyphs) == drawn
    assert decode_one(order, 139, 27, two) == drawn


@given(ORDERS, XIDS, XIDS)
def test_meddling(order: str, window: int, other: int) -> None:
    one, second = struct.pack(f"{order}II", window, other), struct.pack(f"{order}II", other, window)
    moved = struct.pack(f"{order}IHxxII", window, 0b11, 5, 6)
    lowered = struct.pack(f"{order}IHxxIII", window, 0b1000011, 5, 6, 1)
    assert decode_one(order, 12, 0, lowered) == decoded.Meddled(window, lowers=True)
    for major, minor, body in ((7, 0, one), (10, 0, one), (12, 0, moved), (155, 1, second), (156, 21, one)):
        assert decode_one(order, major, minor, body) == decoded.Meddled(window)
    for major in (5, 11, 13):
        assert decode_one(order, major, 0, one) == decoded.Meddled(window, children=True)
    assert decode_one(order, 113, 0, one) == decoded.Killed(window)
    assert decode_one(order, 157, 5, one) == decoded.KeysTapped()
    assert decode_one(order, 142, 2, one) == decoded.Redirected(window, children=True)


@given(
    st.sampled_from([5, 7, 10, 11, 12, 13, 113, *range(139, 158)]), st.integers(0, 40), st.binary(max_size=7)
)
def test_what_is_cut_short_means_nothing(major: int, minor: int, body: bytes) -> None:
    decode(major, minor, body, "<", OPCODES)
