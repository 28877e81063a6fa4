"""The grid's rows fill their width, keep order and gaps, and every picture can be found again."""

from hypothesis import given
from hypothesis import strategies as st

from desktop.gallery.layout import GAP, HEAD, GridLayout, Group, justify, shapes_of

aspects = st.floats(min_value=0.05, max_value=20, allow_nan=False)
groups = st.lists(st.lists(aspects, min_size=1, max_size=40), min_size=1, max_size=6)
widths = st.integers(min_value=200, max_value=4000)
targets = st.integers(min_value=60, max_value=400)


def laid_out(shapes: list[list[float]], width: int, target: int) -> GridLayout:
    layout = GridLayout()
    layout.arrange([Group(str(n), tuple(each)) for n, each in enumerate(shapes)], width, target)
    return layout


@given(st.lists(aspects, max_size=80), widths, targets)
def test_rows_hold_every_picture_once_in_order(shapes: list[float], width: int, target: int) -> None:
    rows = justify(shapes_of(shapes), width, target)
    numbers = [row.first + n for row in rows for n in range(row.length)]
    assert numbers == list(range(len(shapes)))


@given(st.lists(aspects, min_size=1, max_size=80), widths, targets)
def test_full_rows_fill_the_width_and_none_is_wider(shapes: list[float], width: int, target: int) -> None:
    rows = justify(shapes_of(shapes), width, target)
    for row in rows:
        places = row.places(shapes_of(shapes), width)
        assert places[0][0] == 0
        assert all(wide >= 1 for _, wide in places)
        assert sum(places[-1]) <= width
        if row is not rows[-1]:
            assert sum(places[-1]) >= width - 1


@given(groups, widths, targets)
def test_pictures_never_overlap(shapes: list[list[float]], width: int, target: int) -> None:
    layout = laid_out(shapes, width, target)
    before = None
    for number in range(layout.count):
        cell = layout.cell(number)
        if before is not None:
            if cell.y == before.y:
                assert cell.x >= before.x + before.width + GAP - 1
            else:
                assert cell.y >= before.y + before.height + GAP
        before = cell
    assert before is not None
    assert before.y + before.height == layout.height


@given(groups, widths, targets)
def test_every_picture_is_found_at_its_middle(shapes: list[list[float]], width: int, target: int) -> None:
    layout = laid_out(shapes, width, target)
    for number in range(layout.count):
        cell = layout.cell(number)
        assert layout.at(cell.x + cell.width // 2, cell.y + cell.height // 2) == number


@given(groups, widths, targets, st.integers(0, 5000), st.integers(1, 2000))
def test_the_band_lists_exactly_what_touches_it(
    shapes: list[list[float]], width: int, target: int, top: int, height: int
) -> None:
    layout = laid_out(shapes, width, target)
    touching = [
        number
        for number in range(layout.count)
        if layout.cell(number).y < top + height and layout.cell(number).y + layout.cell(number).height > top
    ]
    assert list(layout.between(top, top + height)) == touching


@given(groups, widths, targets)
def test_down_and_up_stay_in_neighbouring_rows(shapes: list[list[float]], width: int, target: int) -> None:
    layout = laid_out(shapes, width, target)
    for number in range(layout.count):
        down = layout.below(number)
        assert layout.cell(down).y >= layout.cell(number).y
        if down != number:
            assert layout.cell(layout.above(down)).y == layout.cell(number).y


@given(groups, widths, targets, st.lists(aspects, min_size=1, max_size=5))
def test_adding_pictures_gives_what_a_fresh_layout_gives(
    shapes: list[list[float]], width: int, target: int, more: list[float]
) -> None:
    layout = laid_out(shapes, width, target)
    grown = [*shapes[:-1], [*shapes[-1], *more]]
    layout.arrange([Group(str(n), tuple(each)) for n, each in enumerate(grown)], width, target)
    fresh = laid_out(grown, width, target)
    assert [layout.cell(n) for n in range(layout.count)] == [fresh.cell(n) for n in range(fresh.count)]


def test_sections_begin_with_a_head() -> None:
    layout = laid_out([[1.5] * 3, [0.7]], 1000, 180)
    assert layout.cell(0).y == HEAD
    assert layout.section_at(0) == 0
    assert layout.section_at(layout.sections[1].top) == 1
    assert layout.cell(3).y == layout.sections[1].top + HEAD


def test_nothing_is_laid_out_from_nothing() -> None:
    layout = laid_out([], 1000, 180)
    assert layout.height == 0
    assert list(layout.between(0, 500)) == []
    assert layout.at(1, 1) is None
