"""The error-correcting code gives back what went in, or nothing."""

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.marks import coding

KEY = b"k" * 32
PAYLOADS = st.integers(0, 2**50 - 1).map(lambda value: value << 14)
DECODER = coding.Decoder()


@given(PAYLOADS)
def test_any_payload_comes_back(payload: int) -> None:
    assert DECODER.decode(KEY, coding.encode(KEY, payload)) == payload


@given(PAYLOADS, st.integers(0, 2**32 - 1))
def test_a_third_of_the_signs_may_be_lost(payload: int, seed: int) -> None:
    signs = coding.encode(KEY, payload)
    lost = np.random.default_rng(seed).random(len(signs)) < 1 / 3
    assert DECODER.decode(KEY, np.where(lost, np.float32(0), signs)) == payload


@given(PAYLOADS, st.integers(0, 2**32 - 1))
def test_it_bears_noise_of_twice_the_energy_of_the_signs(payload: int, seed: int) -> None:
    signs = coding.encode(KEY, payload)
    noise = np.random.default_rng(seed).normal(0, 2**0.5, len(signs)).astype(np.float32)
    assert DECODER.decode(KEY, signs + noise) in {payload, None}
    assert DECODER.decode(KEY, signs + noise / np.float32(2)) == payload


@given(PAYLOADS)
def test_another_key_reads_nothing(payload: int) -> None:
    assert DECODER.decode(b"l" * 32, coding.encode(KEY, payload)) is None


@given(st.integers(0, 2**32 - 1))
def test_noise_reads_as_nothing(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 1, coding.CODE_SIGNS).astype(np.float32)
    assert DECODER.decode(KEY, noise) is None


@given(PAYLOADS)
def test_the_opposite_signs_read_as_nothing(payload: int) -> None:
    assert DECODER.decode(KEY, -coding.encode(KEY, payload)) is None


@given(PAYLOADS, st.integers(1, 2**14 - 1))
def test_a_payload_that_does_not_end_in_zeros_is_never_decoded(payload: int, reserved: int) -> None:
    assert DECODER.decode(KEY, coding.encode(KEY, payload | reserved)) is None


@pytest.mark.parametrize("payload", [-1, 2**64])
def test_a_payload_has_64_bits(payload: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        coding.encode(KEY, payload)


def test_two_paths_differ_in_56_signs() -> None:
    """Dijkstra's shortest way out of the zero state and back is the free distance of the code."""
    states = 1 << (coding.CONSTRAINT - 1)
    weights = [
        sum((register & generator).bit_count() & 1 for generator in coding.GENERATORS)
        for register in range(2 * states)
    ]
    settled: set[int] = set()
    frontier = [(weights[1], 1)]
    while True:
        distance, state = heapq.heappop(frontier)
        if state == 0:
            break
        if state in settled:
            continue
        settled.add(state)
        for register in (state << 1, state << 1 | 1):
            heapq.heappush(frontier, (distance + weights[register], register % states))
    assert distance == 56
