"""The viewport's arithmetic holds for every size of view, picture and pixel ratio."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.canvas.viewport import MAXIMUM_ZOOM, Box, Viewport, opened

sizes = st.floats(min_value=1, max_value=8000, allow_nan=False)
pixels = st.integers(min_value=1, max_value=40000)
ratios = st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0])
fractions = st.floats(min_value=0, max_value=1)


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    start = opened(draw(sizes), draw(sizes), draw(ratios), draw(pixels), draw(pixels))
    zoomed = start.zoomed(
        draw(st.floats(min_value=0.1, max_value=50)),
        (draw(fractions) * start.width, draw(fractions) * start.height),
    )
    far = st.floats(min_value=-1e5, max_value=1e5)
    return zoomed.panned(draw(far), draw(far))


@given(viewports())
def test_no_gap_opens_and_small_pictures_are_centred(view: Viewport) -> None:
    box = view.box
    for start, length, room in ((box.x, box.width, view.width), (box.y, box.height, view.height)):
        if length <= room:
            assert start + length / 2 == pytest.approx(room / 2, abs=0.01)
        else:
            assert start <= 0.01
            assert start + length >= room - 0.01


@given(viewports(), fractions, fractions)
def test_mapping_there_and_back_is_the_same_point(view: Viewport, across: float, down: float) -> None:
    x, y = across * view.picture_width, down * view.picture_height
    back_x, back_y = view.to_picture(*view.to_view(x, y))
    assert back_x == pytest.approx(x, abs=1e-3)
    assert back_y == pytest.approx(y, abs=1e-3)


@given(viewports(), st.floats(min_value=1.0, max_value=8.0), fractions, fractions)
def test_zooming_in_keeps_the_point_under_the_cursor(
    view: Viewport, factor: float, across: float, down: float
) -> None:
    at = (across * view.width, down * view.height)
    after = view.zoomed(factor, at)
    held = view.to_picture(*at)
    if after.box.width < after.width or after.box.height < after.height:
        return  # it is centred in one direction then, as the first property demands
    now = after.to_view(*held)
    edge = 0.5  # a picture that was centred before may have to close a gap
    if view.box.width >= view.width - edge and view.box.height >= view.height - edge:
        assert now[0] == pytest.approx(at[0], abs=1)
        assert now[1] == pytest.approx(at[1], abs=1)


@given(viewports())
def test_zoom_stays_in_its_limits(view: Viewport) -> None:
    assert view.minimum_zoom <= view.zoom * (1 + 1e-9)
    assert view.zoom <= MAXIMUM_ZOOM * (1 + 1e-9)


@given(viewports())
def test_fitting_shows_the_whole_picture(view: Viewport) -> None:
    fitted = view.fitted()
    assert fitted.box.width <= fitted.width * (1 + 1e-6) or fitted.zoom <= 1e-4
    assert fitted.box.height <= fitted.height * (1 + 1e-6) or fitted.zoom <= 1e-4
    assert fitted.fitting


@given(viewports())
def test_what_is_seen_lies_in_the_picture_and_in_the_view(view: Viewport) -> None:
    seen = view.seen
    assert seen.x >= 0
    assert seen.y >= 0
    assert seen.right <= view.picture_width + 1e-6
    assert seen.bottom <= view.picture_height + 1e-6
    assert seen.width * view.scale <= view.width + 1e-3


@given(viewports(), sizes, sizes, ratios)
def test_resizing_while_fitting_fits_again(view: Viewport, width: float, height: float, ratio: float) -> None:
    again = view.fitted().resized(width, height, ratio)
    assert again.fitting
    assert math.isclose(again.zoom, again.fit_zoom)


@given(viewports())
def test_device_edges_are_whole_pixels(view: Viewport) -> None:
    assert all(float(edge).is_integer() for edge in view.device_box)


def test_hundred_percent_is_a_device_pixel_a_picture_pixel() -> None:
    view = opened(1000, 700, 2.0, 6000, 4000).at_zoom(1.0)
    assert view.box.width == pytest.approx(3000)
    assert view.device_box.width == 6000


def test_toggle_goes_to_full_size_at_the_point_and_back() -> None:
    fit = opened(1000, 700, 1.0, 6000, 4000)
    close = fit.toggled((250.0, 350.0))
    assert close.zoom == 1.0
    assert close.to_view(*fit.to_picture(250.0, 350.0)) == pytest.approx((250.0, 350.0))
    assert close.toggled((10.0, 10.0)) == fit


def test_a_small_picture_is_not_enlarged_by_fitting() -> None:
    assert opened(1000, 700, 1.0, 100, 80).zoom == 1.0
    assert opened(1000, 700, 2.0, 100, 80).zoom == 2.0


def test_boxes_meet_or_not() -> None:
    assert Box(0, 0, 10, 10).meet(Box(5, 5, 10, 10)) == Box(5, 5, 5, 5)
    assert Box(0, 0, 10, 10).meet(Box(10, 0, 5, 5)) is None


def test_a_picture_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        opened(100, 100, 1.0, 0, 10)
