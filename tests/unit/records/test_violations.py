"""Which moment of a reported attempt is believed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from local_server.records.violations import believed

STARTED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SLACK = timedelta(seconds=5)


@given(st.integers(-(10**9), 10**9))
def test_it_lies_within_the_session_whatever_is_reported(seconds: int) -> None:
    reported = NOW + timedelta(seconds=seconds)
    time = believed(reported, STARTED, NOW)
    assert STARTED - SLACK <= time <= NOW + SLACK
    if STARTED <= reported <= NOW:
        assert time == reported
