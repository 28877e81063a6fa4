"""The detector: which requests reach protected pixels, through whatever they pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.events import Rect
from desktop.guard.sentinel.decoded import (
    WHOLE,
    BackgroundSet,
    Copy,
    Decoded,
    Freed,
    ImageRead,
    Killed,
    Meddled,
    NamedPixmap,
    PictureBent,
    PictureDrawn,
    PictureMade,
    Redirected,
    WindowMade,
)
from desktop.guard.sentinel.detector import Detector
from desktop.guard.sentinel.scene import MADE_BY_SERVER, Scene, Watched
from desktop.guard.sentinel.sightings import Place, Question, Redirection, Sighting

MASK = 0x1FFFFF
ROOT, OURS, FRAME = 0x1E7, 0x400001, 0x600001
DESKTOP, SPY, OTHER, COMPOSITOR = 0x400000, 0x800000, 0xA00000, 0xC00000
ALL, CORNER = Rect(0, 0, 800, 600), Rect(0, 0, 50, 40)


@pytest.fixture
def detector() -> Detector:
    """A detector for one guarded window at 100,80 in a frame at 90,60."""
    scene = Scene(frozenset({ROOT}))
    watched = scene.windows[OURS] = Watched(OURS)
    watched.regions = [(Rect(0, 0, 400, 300), "guarded")]
    watched.located_at((FRAME, ROOT), {FRAME: (10, 20), ROOT: (100, 80)}, viewable=True)
    found = Detector(scene, MASK)
    found.ours.add(DESKTOP)
    return found


def image(drawable: int, rect: Rect = ALL) -> ImageRead:
    """Return a plain read."""
    return ImageRead("get_image", drawable, rect)


@pytest.mark.parametrize(
    ("drawable", "rect", "region"),
    [
        (ROOT, ALL, Rect(100, 80, 400, 300)),
        (ROOT, Rect(480, 370, 100, 100), Rect(480, 370, 20, 10)),
        (FRAME, Rect(0, 0, 420, 330), Rect(100, 80, 400, 300)),
        (OURS, Rect(5, 6, 7, 8), Rect(105, 86, 7, 8)),
    ],
)
def test_reads_that_reach_the_window(detector: Detector, drawable: int, rect: Rect, region: Rect) -> None:
    assert detector.observe(SPY, image(drawable, rect)) == Sighting("get_image", SPY, "guarded", region, 1.0)


@pytest.mark.parametrize(("drawable", "rect"), [(ROOT, CORNER), (FRAME, Rect(0, 0, 420, 20))])
def test_reads_beside_it(detector: Detector, drawable: int, rect: Rect) -> None:
    assert detector.observe(SPY, image(drawable, rect)) is None


def test_an_unknown_drawable_is_asked_about(detector: Detector) -> None:
    assert detector.observe(SPY, image(SPY | 7)) == Question("get_image", SPY, SPY | 7, ALL)


def test_without_anything_protected_nobody_is_asked() -> None:
    empty = Detector(Scene(frozenset({ROOT})), MASK)
    assert empty.observe(SPY, image(SPY | 7)) is None
    assert empty.observe(SPY, image(ROOT)) is None


def test_a_hidden_window_is_not_on_the_screen(detector: Detector) -> None:
    detector._scene.windows[OURS].viewable = False
    assert detector.observe(SPY, image(ROOT)) is None
    assert isinstance(detector.observe(SPY, image(OURS)), Sighting)


def test_a_window_of_unknown_place_may_be_anywhere(detector: Detector) -> None:
    detector._scene.windows[OURS].located = False
    found = detector.observe(SPY, image(ROOT, CORNER))
    assert isinstance(found, Sighting)
    assert found.region is None


def test_copies_are_followed_across_clients(detector: Detector) -> None:
    first, second, third = SPY | 1, SPY | 2, OTHER | 3
    assert isinstance(detector.observe(SPY, Copy(ROOT, first, ALL)), Sighting)
    assert isinstance(detector.observe(SPY, Copy(first, second, ALL)), Sighting)
    assert isinstance(detector.observe(OTHER, Copy(second, third, ALL)), Sighting)
    assert isinstance(detector.observe(OTHER, image(third)), Sighting)
    detector.observe(OTHER, Freed(third))
    assert isinstance(detector.observe(OTHER, image(third)), Question)
    detector.died(SPY)
    assert isinstance(detector.observe(SPY, image(second)), Question)


def test_a_copy_beside_the_window_taints_nothing(detector: Detector) -> None:
    assert detector.observe(SPY, Copy(ROOT, SPY | 1, CORNER)) is None
    assert isinstance(detector.observe(SPY, image(SPY | 1)), Question)


def test_copies_among_ones_own_are_ordinary(detector: Detector) -> None:
    assert detector.observe(SPY, Copy(SPY | 1, SPY | 2, ALL)) is None


def test_a_named_pixmap_is_held_until_it_is_freed(detector: Detector) -> None:
    found = detector.observe(SPY, NamedPixmap(FRAME, SPY | 5))
    assert isinstance(found, Redirection)
    assert detector.holders() == [SPY]
    assert isinstance(detector.observe(OTHER, image(SPY | 5)), Sighting)
    detector.observe(SPY, Freed(SPY | 5))
    assert detector.holders() == []


def test_a_refused_name_is_not_held(detector: Detector) -> None:
    detector.observe(SPY, NamedPixmap(OURS, SPY | 5))
    detector.naming_refused(SPY)
    assert detector.holders() == []
    assert isinstance(detector.observe(SPY, image(SPY | 5)), Question)


def test_the_compositing_manager_draws_unseen(detector: Detector) -> None:
    found = detector.observe(SPY, NamedPixmap(FRAME, SPY | 5))
    assert isinstance(found, Redirection)
    detector.observe(SPY, PictureMade(SPY | 6, SPY | 5))
    drawn = PictureDrawn(((SPY | 6, ALL),), SPY | 9)
    assert isinstance(detector.observe(SPY, drawn), Redirection), "who it is, is not known yet"
    detector.compositor = SPY
    assert detector.holders() == []
    for request in (drawn, NamedPixmap(FRAME, SPY | 7), Redirected(ROOT), Copy(ROOT, SPY | 8, ALL)):
        assert detector.observe(SPY, request) is None
    assert detector.holders() == []


def test_the_compositing_manager_may_not_read(detector: Detector) -> None:
    detector.compositor = SPY
    detector.observe(SPY, NamedPixmap(FRAME, SPY | 5))
    assert isinstance(detector.observe(SPY, image(ROOT)), Sighting)
    assert isinstance(detector.observe(SPY, image(SPY | 5)), Sighting)
    assert detector.observe(SPY, image(SPY | 6)) is None


def test_the_next_client_with_its_number_is_no_compositing_manager(detector: Detector) -> None:
    detector.compositor = SPY
    detector.died(SPY)
    assert isinstance(detector.observe(SPY, Redirected(ROOT)), Redirection)


def test_drawing_from_the_screen(detector: Detector) -> None:
    source, target, pixmap = SPY | 1, SPY | 2, SPY | 3
    detector.observe(SPY, PictureMade(source, ROOT))
    detector.observe(SPY, PictureMade(target, pixmap))
    assert detector.observe(SPY, PictureDrawn(((source, CORNER),), target)) is None
    assert isinstance(detector.observe(SPY, PictureDrawn(((source, ALL),), target)), Sighting)
    assert isinstance(detector.observe(SPY, image(pixmap)), Sighting)
    detector.observe(SPY, PictureBent(source))
    assert isinstance(detector.observe(SPY, PictureDrawn(((source, CORNER),), target)), Sighting)
    detector.observe(SPY, Freed(source))
    assert detector.observe(SPY, PictureDrawn(((source, ALL),), target)) is None


def place(*stack: int, top: int = SPY | 1, composited: bool = False) -> Place:
    """Return a place over our window, in a stack from the lowest to the highest."""
    return Place(120, 100, (top, ROOT), stack, composited)


QUESTION = Question("get_image", SPY, SPY | 1, Rect(0, 0, 50, 50))


@pytest.mark.parametrize(
    ("where", "painted", "seen"),
    [
        (place(FRAME, SPY | 1), True, False),
        (place(FRAME, SPY | 1), None, False),
        (place(FRAME, SPY | 1), False, True),
        (place(SPY | 1, FRAME), True, True),
        (place(SPY | 1, FRAME, composited=True), True, False),
        (place(SPY | 1, FRAME, composited=True), False, True),
        (place(FRAME), True, True),
        (Place(120, 100, (OURS + 1, OURS, FRAME, ROOT), (FRAME,), composited=True), None, True),
        (Place(600, 500, (SPY | 1, ROOT), (SPY | 1, FRAME), composited=False), False, False),
        (None, None, False),
        (None, True, False),
        (None, False, True),
    ],
)
def test_windows_over_and_under_ours(
    detector: Detector, where: Place | None, painted: bool | None, seen: bool
) -> None:
    if painted is not None:
        detector.observe(SPY, WindowMade(SPY | 1, ROOT, Rect(120, 100, 50, 50), not painted))
        detector.observe(SPY, BackgroundSet(SPY | 1, painted))
    found = detector.judge(QUESTION, where)
    assert (found is not None) is seen
    if found is not None:
        assert 0.4 <= found.confidence <= 1.0


def test_a_pixmap_of_ours_is_nobody_elses_business(detector: Detector) -> None:
    assert detector.judge(QUESTION._replace(drawable=DESKTOP | 99), None) is not None


RESOURCES = st.sampled_from([ROOT, OURS, FRAME, *(SPY | n for n in range(4)), *(OTHER | n for n in range(4))])
STEPS = st.one_of(
    st.builds(image, RESOURCES),
    st.builds(Copy, RESOURCES, RESOURCES, st.sampled_from([ALL, CORNER])),
    st.builds(NamedPixmap, RESOURCES, RESOURCES),
    st.builds(PictureMade, RESOURCES, RESOURCES),
    st.builds(Freed, RESOURCES),
    st.builds(WindowMade, RESOURCES, RESOURCES, st.just(ALL), st.booleans()),
)


@given(st.lists(st.tuples(st.sampled_from([SPY, OTHER]), STEPS), max_size=40))
def test_nothing_is_kept_of_clients_that_left(steps: list[tuple[int, Copy]]) -> None:
    scene = Scene(frozenset({ROOT}))
    scene.windows[OURS] = Watched(OURS)
    scene.windows[OURS].regions = [(ALL, "guarded")]
    detector = Detector(scene, MASK)
    for client, request in steps:
        detector.observe(client, request)
    detector.died(SPY)
    detector.died(OTHER)
    assert detector.holders() == []
    kept = [*detector._tainted, *detector._pictures, *detector._bent]
    assert not [resource for resource in kept if detector.base(resource) in (SPY, OTHER)]
    assert not {SPY, OTHER} & set(detector._windows)


OVERLAY, COVER, PIXMAP = MADE_BY_SERVER | 5, 0x400009, COMPOSITOR | 7


def test_the_compositing_overlay_is_the_screen(detector: Detector) -> None:
    found = detector.observe(SPY, image(OVERLAY))
    assert found == Sighting("get_image", SPY, "guarded", Rect(100, 80, 400, 300), 1.0)
    assert detector.observe(SPY, image(OVERLAY, CORNER)) is None


@pytest.mark.parametrize("kind", ["gl_read", "buffer_shared", "double_buffer"])
def test_graphics_on_a_window_of_its_own_is_everybodys(kind: str, detector: Detector) -> None:
    assert detector.observe(SPY, ImageRead(kind, SPY | 1, WHOLE)) is None
    assert isinstance(detector.observe(SPY, ImageRead(kind, OURS, WHOLE)), Redirection)
    detector.observe(SPY, NamedPixmap(OURS, SPY | 5))
    assert isinstance(detector.observe(OTHER, ImageRead(kind, SPY | 5, WHOLE)), Sighting)
    detector.compositor = SPY
    assert detector.observe(SPY, ImageRead(kind, OVERLAY, WHOLE)) is None


def test_a_pixmap_named_before_anything_was_guarded_is_known(detector: Detector) -> None:
    guarded, detector._scene.windows = dict(detector._scene.windows), {}
    assert detector.observe(SPY, NamedPixmap(OURS, SPY | 5)) is None
    assert detector.holders() == []
    detector._scene.windows = guarded
    assert detector.holders() == [SPY]
    assert isinstance(detector.observe(SPY, image(SPY | 5)), Sighting)


def test_the_compositing_managers_pixmaps_are_ours_too(detector: Detector) -> None:
    """It may have named them before we watched, and an id is easily guessed."""
    detector.compositor = COMPOSITOR
    question = detector.observe(SPY, image(PIXMAP))
    assert isinstance(question, Question)
    assert isinstance(detector.judge(question, None), Sighting)
    detector.observe(SPY, PictureMade(SPY | 6, PIXMAP))
    drawn = detector.observe(SPY, PictureDrawn(((SPY | 6, ALL),), SPY | 9))
    assert isinstance(drawn, Question)
    assert isinstance(detector.judge(drawn, None), Sighting)


def test_what_the_compositing_manager_copies_is_followed(detector: Detector) -> None:
    detector.compositor = COMPOSITOR
    assert detector.observe(COMPOSITOR, Copy(ROOT, PIXMAP, ALL)) is None
    assert isinstance(detector.observe(COMPOSITOR, image(PIXMAP)), Sighting)


@pytest.mark.parametrize(
    "request_",
    [
        Meddled(COVER),
        Meddled(OURS, children=True),
        Redirected(COVER),
        Redirected(OURS, children=True),
        BackgroundSet(COVER, has_background=False),
        Freed(COVER),
        Killed(DESKTOP | 4),
    ],
    ids=repr,
)
def test_attacks(request_: Decoded, detector: Detector) -> None:
    detector.covers = frozenset({COVER})
    assert detector.observe(SPY, request_) == Sighting("guard_attacked", SPY, "guarded", None, 1.0)


@pytest.mark.parametrize(
    "request_", [Meddled(OURS), Meddled(FRAME, children=True), Killed(OTHER | 4), Freed(SPY | 4)], ids=repr
)
def test_a_window_managers_work_is_no_attack(request_: Decoded, detector: Detector) -> None:
    detector.covers = frozenset({COVER})
    assert detector.observe(SPY, request_) is None
