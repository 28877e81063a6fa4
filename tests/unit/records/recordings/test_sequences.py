"""However often, in whatever order and pieces it arrives, each sequence counts once."""

from hypothesis import given
from hypothesis import strategies as st

from local_server.records.recordings.sequences import Arrived

BATCHES = st.lists(st.lists(st.integers(1, 40), max_size=20), max_size=12)


@given(BATCHES)
def test_the_contiguous_one_is_the_last_below_which_nothing_is_missing(batches: list[list[int]]) -> None:
    arrived, seen, new = Arrived(), set[int](), list[int]()
    for batch in batches:
        new += arrived.take(batch)
        seen |= set(batch)
        assert arrived.contiguous == next(n for n in range(50) if n + 1 not in seen)
        assert all(sequence in arrived for sequence in seen)
        assert arrived.ahead == {sequence for sequence in seen if sequence > arrived.contiguous}
    assert sorted(new) == sorted(seen)
