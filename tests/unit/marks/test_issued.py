"""A mark too weak to be decoded is one of those that were issued, or none."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from local_server.marks import coding
from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import embed
from local_server.marks.identity import MarkId
from local_server.marks.issued import Issued
from local_server.marks.read import read
from tests.support.leaks import cropped

MARKS = [MarkId(int(value)) for value in np.random.default_rng(8).integers(0, 2**50, 3000)]


@given(st.lists(st.integers(0, 2**50 - 1).map(lambda value: value << 14), max_size=5))
def test_many_payloads_are_encoded_as_each_is(payloads: list[int]) -> None:
    signs = coding.encode_all(b"k" * 32, payloads)
    assert signs.shape == (len(payloads), coding.CODE_SIGNS)
    for payload, row in zip(payloads, signs, strict=True):
        assert (row == coding.encode(b"k" * 32, payload)).all()


def test_noise_and_other_marks_are_none_of_the_issued(codec: Codec) -> None:
    issued = Issued(codec, MARKS)
    generator = np.random.default_rng(9)
    count = len(codec.carriers[Layer.PIXELS].data)
    for number in range(300):
        noise = generator.normal(0, 1, (count, 2)) @ (1, 1j)
        stranger = codec.values(Layer.PIXELS, MarkId(number).payload)
        for values in (noise, stranger, stranger + noise):
            assert issued.likeliest(Layer.PIXELS, values.astype(np.complex64)) is None


def test_a_mark_below_decoding_is_told_by_who_was_given_it(
    codec: Codec, photographs: dict[str, NDArray[np.uint8]]
) -> None:
    issued = Issued(codec, MARKS)
    told = 0
    for number, pixels in enumerate(photographs.values()):
        for area in (0.1, 0.07, 0.05):
            part = cropped(embed(pixels, codec.tile(Layer.PIXELS, MARKS[number].payload)), area)
            found = {reading.mark for reading in read(part, codec, issued=issued)}
            assert found <= {MARKS[number]}
            told += bool(found) and not read(part, codec)
    assert told
