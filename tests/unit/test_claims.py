"""What a machine says of its guard, and where that contradicts itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from local_server.guard.claims import COUNTS, contradiction
from local_server.guard.models import Claim, Sentinel, Told

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def told(beats: int, ago: float, sentinel: str = "a") -> Told:
    return Told("sealed", None, "", Sentinel(sentinel, beats), NOW - timedelta(seconds=ago), None, None)


def doubted(before: Told, beats: int, sentinel: str = "a", level: str = "sealed") -> bool:
    return bool(contradiction(before, Claim(level, "", Sentinel(sentinel, beats)), NOW))


@given(st.floats(0, 600), st.floats(0.5, 5), st.integers(1, 10**6))
def test_a_sentinel_that_beats_is_believed_however_often_it_is_told_of(
    gap: float, rate: float, beats: int
) -> None:
    later = beats + max(1, int(gap * rate))
    assert not doubted(told(beats, gap), later)


def test_one_that_stands_still_goes_back_or_races_is_not() -> None:
    assert doubted(told(50, 60), 50)
    assert doubted(told(50, 60), 49)
    assert doubted(told(50, 60), 5000)
    assert not doubted(told(50, 60), 350)
    assert not doubted(told(50, 60), 1, "another"), "a new sentinel begins anew"
    assert not doubted(told(50, 5), 50), "two words within a heartbeat"
    assert not doubted(told(50, COUNTS.total_seconds() + 1), 50), "a machine that slept"
    assert not doubted(told(50, 60), 50, level="marked"), "who claims nothing cannot lie"


def test_without_a_sentinel_nothing_is_guarded() -> None:
    nothing = Told(None, None, None, None, None, None, None)
    assert contradiction(nothing, Claim("guarded", "", None), NOW)
    assert contradiction(nothing, Claim("guarded", "", Sentinel("a", 0)), NOW)
    assert not contradiction(nothing, Claim("marked", "", None), NOW)
