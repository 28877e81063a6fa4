"""No crop escapes the words: every quarter of a picture holds a whole mark id, however it is cut."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.canvas.mark_pattern import (
    AIRY,
    LONGEST_NAME,
    Pattern,
    Stamp,
    Style,
    fitted,
    mark_lines,
    rotated_size,
)

MARK = "7KQ4-M2XD-9F"


def styles(name: int = 9) -> list[Style]:
    """Return what the overlay would measure with letters of one width; `name` is an account's length."""

    def stamp(font: int, *lengths: int) -> Stamp:
        return Stamp(("x",) * len(lengths), max(lengths) * 0.6 * font, len(lengths) * 1.2 * font)

    made = []
    for font in (14, 10, 8):
        full, alone = stamp(font, name + 20, len(MARK)), stamp(font, len(MARK))
        made += [
            Style(font, one, other, (alone.width, alone.height))
            for one, other in ((full, full), (full, alone), (alone, alone))
        ]
    return made


def whole_id(pattern: Pattern, left: float, top: float, width: float, height: float) -> bool:
    """Look whether a window shows a whole mark id, one by one."""
    (across, down), (wide, high) = pattern.style.id_box, pattern.period
    return any(
        left - 1e-6 <= x - across / 2
        and x + across / 2 <= left + width + 1e-6
        and top - 1e-6 <= y - down / 2
        and y + down / 2 <= top + height + 1e-6
        for half in (0, 1)
        for column in range(int(left / wide) - 1, int((left + width) / wide) + 2)
        for row in range(int(top / high) - 1, int((top + height) / high) + 2)
        for x, y in [((column + half / 2) * wide, (row + half / 2) * high)]
    )


@given(
    size=st.tuples(st.floats(440, 4000), st.floats(300, 4000)),
    shape=st.floats(0.25, 1),
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    moved=st.tuples(st.floats(0, 500), st.floats(0, 500)),
    name=st.integers(1, LONGEST_NAME),
)
def test_every_quarter_of_whatever_shape_holds_a_whole_id(
    size: tuple[float, float],
    shape: float,
    place: tuple[float, float],
    moved: tuple[float, float],
    name: int,
) -> None:
    pattern = fitted(styles(name), *size)
    width, height = size[0] * shape, size[1] / (4 * shape)
    assert pattern.holds_in(width, height)
    left, top = place[0] * (size[0] - width) + moved[0], place[1] * (size[1] - height) + moved[1]
    assert whole_id(pattern, left, top, width, height)


@given(
    size=st.tuples(st.floats(240, 440), st.floats(160, 300)),
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_thumbnail_holds_one_in_every_quarter_of_its_own_shape(
    size: tuple[float, float], place: tuple[float, float]
) -> None:
    pattern = fitted(styles(), *size)
    width, height = size[0] / 2, size[1] / 2
    assert whole_id(pattern, place[0] * width, place[1] * height, width, height)


@given(size=st.tuples(st.floats(1, 4000), st.floats(1, 4000)), name=st.integers(1, LONGEST_NAME))
def test_no_stamp_touches_another(size: tuple[float, float], name: int) -> None:
    pattern = fitted(styles(name), *size)
    assert pattern.style.fits(*pattern.period)
    assert pattern.period[0] <= AIRY[0]
    assert pattern.period[1] <= AIRY[1]


def test_large_areas_take_large_words_with_the_name_and_small_ones_the_id_alone() -> None:
    large, small = fitted(styles(), 1920, 1080).style, fitted(styles(), 250, 170).style
    assert (large.font, len(large.corner.lines), len(large.middle.lines)) == (14, 2, 2)
    assert (small.font, len(small.corner.lines), len(small.middle.lines)) == (8, 1, 1)


@pytest.mark.parametrize(("across", "touching"), [(150, False), (100, True)])
def test_stamps_that_would_touch_do_not_fit(across: float, touching: bool) -> None:
    stamp = Stamp(("x", "x"), 140, 34)
    assert Style(14, stamp, stamp, (90, 17)).fits(across, 160) is not touching


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
