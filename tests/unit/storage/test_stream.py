"""Large sealed objects: opened whole, in order and to the end, or refused at the chunk that is wrong."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.storage.errors import BlobDamaged
from local_server.storage.stream import CHUNK, SealingWriter, opened

KEY, NAME = bytes(range(32)), "0123456789abcdef0123456789abcdef-original"


def sealed(content: bytes, *, name: str = NAME, pieces: int = 3) -> bytes:
    sink = io.BytesIO()
    writer = SealingWriter(KEY, name, sink)
    step = len(content) // pieces + 1
    for start in range(0, len(content), step):
        writer.write(content[start : start + step])
    writer.finish()
    return sink.getvalue()


def read(stored: bytes, *, name: str = NAME, key: bytes = KEY) -> bytes:
    return b"".join(opened(key, name, io.BytesIO(stored)))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
def test_what_was_sealed_opens_again(size: int) -> None:
    content = bytes(number * 31 % 251 for number in range(1000)) * (size // 1000 + 1)
    assert read(sealed(content[:size])) == content[:size]


@given(content=st.binary(max_size=200), data=st.data())
def test_any_changed_bit_breaks_it(content: bytes, data: st.DataObject) -> None:
    stored = bytearray(sealed(content))
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BlobDamaged):
        read(bytes(stored))


@pytest.mark.parametrize("cut", [0, 5, 11, 500, CHUNK + 11, CHUNK + 27, 2 * CHUNK + 43])
def test_a_cut_stream_does_not_end_well(cut: int) -> None:
    stored = sealed(bytes(2 * CHUNK + 100))
    with pytest.raises(BlobDamaged):
        read(stored[:cut])


def test_chunks_keep_their_order_and_their_number() -> None:
    stored = sealed(bytes(3 * CHUNK))
    head, chunk = stored[:11], CHUNK + 16
    first, second, last = (stored[11 + n * chunk : 11 + (n + 1) * chunk] for n in range(3))
    assert head + first + second + last == stored
    for swapped in (second + first + last, first + last, first + first + second + last, last):
        with pytest.raises(BlobDamaged):
            read(head + swapped)


def test_it_opens_under_its_own_name_and_key_alone() -> None:
    stored = sealed(b"content")
    with pytest.raises(BlobDamaged):
        read(stored, name=NAME.replace("0", "1"))
    with pytest.raises(BlobDamaged):
        read(stored, key=bytes(32))
