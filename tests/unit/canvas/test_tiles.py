"""The tiles of a view are those that its part of the picture touches, and no more."""

import math

from hypothesis import given
from hypothesis import strategies as st

from desktop.canvas.tiles import AT_MOST, TILE, needs_tiles, screen_share, tile_box, tiles_in_view
from desktop.canvas.viewport import Viewport, opened

sides = st.integers(2561, 30000)


@st.composite
def close_views(draw: st.DrawFn) -> Viewport:
    start = opened(draw(st.floats(200, 3000)), draw(st.floats(200, 2000)), 1.0, draw(sides), draw(sides))
    share = screen_share(start.picture_width, start.picture_height)
    zoomed = start.at_zoom(share * draw(st.floats(1.1, 8)))
    return zoomed.panned(draw(st.floats(-1e4, 1e4)), draw(st.floats(-1e4, 1e4)))


@given(close_views())
def test_tiles_cover_what_is_seen_and_each_is_touched(view: Viewport) -> None:
    tiles = tiles_in_view(view)
    seen = view.seen
    assert len(set(tiles)) == len(tiles) <= AT_MOST
    for column, row in tiles:
        box = tile_box(view, column, row)
        assert box.meet(seen) is not None
        assert box.right <= view.picture_width
        assert box.bottom <= view.picture_height
    if len(tiles) < AT_MOST:
        across = math.ceil(seen.right / TILE) - int(seen.x // TILE)
        down = math.ceil(seen.bottom / TILE) - int(seen.y // TILE)
        assert len(tiles) == across * down


@given(close_views())
def test_the_middle_comes_first(view: Viewport) -> None:
    tiles = tiles_in_view(view)
    middle = (view.seen.x + view.seen.width / 2, view.seen.y + view.seen.height / 2)

    def distance(at: tuple[int, int]) -> float:
        return math.hypot((at[0] + 0.5) * TILE - middle[0], (at[1] + 0.5) * TILE - middle[1])

    assert [distance(at) for at in tiles] == sorted(distance(at) for at in tiles)


def test_no_tiles_while_the_screen_rendition_is_fine_enough() -> None:
    fit = opened(1400, 900, 1.0, 6000, 4000)
    assert not needs_tiles(fit)
    assert needs_tiles(fit.at_zoom(1.0))


def test_a_picture_no_larger_than_the_screen_rendition_never_needs_tiles() -> None:
    assert not needs_tiles(opened(1400, 900, 1.0, 2000, 1500).at_zoom(8.0))
