"""What the information panel says is short, exact, and never breaks on odd metadata."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.client.models import Camera, Location, Picture, PictureDetail, Protection
from desktop.viewer.facts import camera_facts, exposure_words, picture_facts, size_words, taken_words
from desktop.viewer.histogram import bar_heights
from tests.support.shelf import make_picture

CAMERA = Camera("NIKON CORPORATION", "NIKON D750", "24-70 mm f/2.8", 50.0, 8.0, 1 / 250, 100)


def detail(camera: Camera | None = None, gps: Location | None = None) -> PictureDetail:
    picture = make_picture(0, size=(6000, 4000))
    known = {field.name: getattr(picture, field.name) for field in fields(Picture)}
    return PictureDetail(
        **known,
        camera=camera,
        gps=gps,
        icc="Adobe RGB",
        histogram=None,
        frames=1,
        content_hash="",
        tags=(),
        places=(),
        protection=Protection("guarded", "the default", None),
    )


def test_facts_read_as_people_write_them() -> None:
    assert dict(picture_facts(detail())) == {
        "Taken": "23 Nov 2026, 12:00",
        "Size": "6000 × 4000 · 24 MP",
        "Type": "JPEG · Adobe RGB",
        "File": "2.4 MB",
        "Folder": "2026",
    }
    assert dict(camera_facts(detail(CAMERA, Location(-33.8, 151.2)))) == {
        "Body": "NIKON D750",
        "Lens": "24-70 mm f/2.8",
        "Focal length": "50 mm",
        "Exposure": "1/250 s · f/8 · ISO 100",
        "Place": "33.8000° S, 151.2000° E",
    }


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert camera_facts(detail()) == []
    assert camera_facts(detail(Camera(None, None, None, None, None, None, None))) == []
    assert taken_words(replace(detail(), taken_local=None, taken_at=None)) == "Unknown"


def test_small_pictures_keep_a_digit() -> None:
    assert size_words(replace(detail(), width=1600, height=1000)) == "1600 × 1000 · 1.6 MP"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1 / 8000, "1/8000 s"), (0.5, "0.5 s"), (30.0, "30 s"), (0, ""), (None, ""), ("1/60", "1/60 s")],
)
def test_exposure_times(seconds: object, words: str) -> None:
    assert exposure_words(replace(CAMERA, aperture=None, iso=None, exposure=seconds)) == words


@given(st.one_of(st.none(), st.floats(allow_nan=True), st.text(), st.integers()))
def test_odd_metadata_never_breaks_the_panel(value: object) -> None:
    exposure_words(replace(CAMERA, exposure=value, aperture=value, iso=value))


@given(st.lists(st.integers(0, 10**9), max_size=64))
def test_histogram_bars_stay_in_their_room(counts: list[int]) -> None:
    assert all(1.0 <= high <= 50.0 for high in bar_heights(counts, 50.0))
