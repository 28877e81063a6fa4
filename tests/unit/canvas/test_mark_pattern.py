"""Every crop that is large enough holds a whole mark, wherever it is cut."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from desktop.canvas.mark_pattern import LONGEST_NAME, Pattern, choose, mark_lines, rotated_size, snapped

lengths = st.floats(min_value=10, max_value=600)


@given(
    lengths,
    lengths,
    lengths,
    lengths,
    st.floats(0, 5000),
    st.floats(0, 5000),
    st.floats(1, 3000),
    st.floats(1, 3000),
)
def test_a_window_that_is_large_enough_holds_a_whole_stamp_wherever_it_lies(
    across: float,
    down: float,
    gap_x: float,
    gap_y: float,
    left: float,
    top: float,
    width: float,
    height: float,
) -> None:
    pattern = Pattern(12, (across, down), (across + gap_x, down + gap_y))
    if not pattern.holds_in(width, height):
        return
    wide, high = pattern.period
    slack = 1e-6
    corners = [
        (column * wide + half * wide / 2, row * high + half * high / 2)
        for half in (0, 1)
        for column in range(int(left / wide) - 1, int((left + width) / wide) + 2)
        for row in range(int(top / high) - 1, int((top + height) / high) + 2)
    ]
    assert any(
        x >= left - slack
        and y >= top - slack
        and x + across <= left + width + slack
        and y + down <= top + height + slack
        for x, y in corners
    )


@given(st.floats(1, 2000), st.integers(16, 512), st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0]))
def test_a_period_is_whole_tiles_and_no_shorter_than_asked(length: float, tile: int, ratio: float) -> None:
    period = snapped(length, tile, ratio)
    assert period % tile == 0
    assert period >= length * ratio


def test_large_areas_take_the_large_text_and_small_ones_the_dense() -> None:
    large = Pattern(14, (200, 100), (384, 256))
    small = Pattern(8, (80, 50), (128, 128))
    assert choose([large, small], 1920, 1080) is large
    assert choose([large, small], 300, 200) is small
    assert choose([large, small], 30, 20) is small


def test_the_mark_names_account_utc_minute_and_mark_id() -> None:
    moment = datetime(2026, 11, 22, 18, 42, 31, tzinfo=timezone(timedelta(hours=2)))
    assert mark_lines("client-12", moment, "7KQ4-M2XD-9F", narrow=False) == (
        "client-12 · 2026-11-22 16:42Z",
        "7KQ4-M2XD-9F",
    )
    assert mark_lines("client-12", moment, "7KQ4-M2XD-9F", narrow=True) == (
        "client-12",
        "2026-11-22 16:42Z",
        "7KQ4-M2XD-9F",
    )


def test_names_cannot_push_the_mark_away_or_break_its_lines() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    name, *_ = mark_lines("x" * 500, moment, "M", narrow=True)
    assert len(name) == LONGEST_NAME
    assert mark_lines("a\nb\u202e\x00c", moment, "M", narrow=True)[0] == "abc"


def test_turning_keeps_the_box_around_the_text() -> None:
    width, height = rotated_size(200, 30, -20)
    assert 190 < width < 210
    assert 90 < height < 105
