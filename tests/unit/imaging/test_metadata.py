"""What a camera wrote is read as written; what it wrote wrongly is left out."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from local_server.imaging.formats import MAGIC_BYTES, has_picture_extension, looks_like_a_picture
from local_server.imaging.isolation import Decoder
from local_server.imaging.metadata import from_directories
from local_server.imaging.models import Metadata
from local_server.imaging.text import clean_text
from tests.support.pictures import accepted, encoded, noise

BASE = ExifTags.Base
GPS = ExifTags.GPS
NOTHING: Mapping[int, Any] = {}


def _read(
    main: Mapping[int, Any] = NOTHING, details: Mapping[int, Any] = NOTHING, gps: Mapping[int, Any] = NOTHING
) -> Metadata:
    return from_directories(dict(main), dict(details), dict(gps))


def test_a_camera_is_read_through_a_real_file(decoder: Decoder) -> None:
    exif = Image.Exif()
    exif[BASE.Make] = "Fujifilm\0"
    exif[BASE.Model] = " X-T5 "
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[BASE.LensModel] = "XF35mmF1.4 R"
    details[BASE.FocalLength] = IFDRational(35, 1)
    details[BASE.FNumber] = IFDRational(14, 10)
    details[BASE.ExposureTime] = IFDRational(1, 250)
    details[BASE.ISOSpeedRatings] = 400
    details[BASE.DateTimeOriginal] = "2026:11:23 10:40:32"
    details[BASE.SubsecTimeOriginal] = "905"
    details[BASE.OffsetTimeOriginal] = "+01:00"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[GPS.GPSLatitudeRef], gps[GPS.GPSLatitude] = "S", (33.0, 51.0, 31.2)
    gps[GPS.GPSLongitudeRef], gps[GPS.GPSLongitude] = "E", (151.0, 12.0, 51.6)
    metadata = accepted(decoder, encoded(noise(40, 40), "JPEG", exif=exif.tobytes())).metadata
    assert (metadata.camera.make, metadata.camera.model) == ("Fujifilm", "X-T5")
    assert metadata.camera.lens == "XF35mmF1.4 R"
    assert (metadata.camera.focal, metadata.camera.aperture, metadata.camera.iso) == (35.0, 1.4, 400)
    assert metadata.camera.exposure == pytest.approx(0.004)
    assert metadata.taken_local == "2026-11-23T10:40:32.905"
    assert metadata.taken_utc == "2026-11-23T09:40:32.905Z"
    assert metadata.latitude == pytest.approx(-33.8586667)
    assert metadata.longitude == pytest.approx(151.2143333)


def test_a_date_without_a_zone_has_no_moment() -> None:
    metadata = _read(details={BASE.DateTimeOriginal: "2024:02:29 23:59:59"})
    assert (metadata.taken_local, metadata.taken_utc) == ("2024-02-29T23:59:59", None)


@pytest.mark.parametrize(
    "text",
    ["0000:00:00 00:00:00", "2023:02:29 10:00:00", "    :  :     :  :  ", "1500:01:01 00:00:00", "soon", ""],
)
def test_a_date_that_is_none_is_left_out(text: str) -> None:
    assert _read(details={BASE.DateTimeOriginal: text}) == Metadata()


def test_the_best_date_is_taken_and_a_bad_one_is_passed_over() -> None:
    metadata = _read(
        {BASE.DateTime: "2020:01:01 00:00:00"},
        {BASE.DateTimeOriginal: "not set", BASE.DateTimeDigitized: "2019:05:05 05:05:05"},
    )
    assert metadata.taken_local == "2019-05-05T05:05:05"


@pytest.mark.parametrize(
    ("latitude", "reference"),
    [((91.0, 0.0, 0.0), "N"), ((10.0, 61.0, 0.0), "N"), ((10.0, 0.0, 0.0), "X"), ("ten", "N"), ((), "N")],
)
def test_an_impossible_position_is_left_out(latitude: Any, reference: str) -> None:
    gps: dict[int, Any] = {
        GPS.GPSLatitude: latitude,
        GPS.GPSLatitudeRef: reference,
        GPS.GPSLongitude: (1.0, 0.0, 0.0),
        GPS.GPSLongitudeRef: "E",
    }
    metadata = _read(gps=gps)
    assert (metadata.latitude, metadata.longitude) == (None, None)


VALUES = st.one_of(
    st.text(max_size=40),
    st.binary(max_size=40),
    st.integers(),
    st.floats(),
    st.tuples(st.integers(-10, 10_000), st.integers(-3, 3)).map(lambda pair: IFDRational(*pair)),
    st.tuples(st.floats(), st.floats(), st.floats()),
    st.none(),
)


@given(
    st.dictionaries(st.sampled_from(list(BASE)), VALUES, max_size=6),
    st.dictionaries(st.sampled_from(list(BASE)), VALUES, max_size=12),
    st.dictionaries(st.sampled_from(list(GPS)), VALUES, max_size=8),
)
def test_no_metadata_whatever_fails_a_picture(
    main: dict[int, Any], details: dict[int, Any], gps: dict[int, Any]
) -> None:
    metadata = _read(main, details, gps)
    assert metadata.latitude is None or -90 <= metadata.latitude <= 90
    for text in (metadata.camera.make, metadata.camera.model, metadata.camera.lens):
        assert text is None or (0 < len(text) <= 96 and text.isprintable())


@given(st.text())
def test_cleaned_text_prints_and_is_clean_already(text: str) -> None:
    cleaned = clean_text(text, 20)
    assert len(cleaned) <= 20
    assert cleaned.isprintable()
    assert clean_text(cleaned, 20) == cleaned


def test_a_right_to_left_override_cannot_disguise_a_name() -> None:
    assert clean_text("photo\u202egpj.exe", 40) == "photogpj.exe"
    assert clean_text("a\0hidden", 40) == "a"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_the_start_of_each_format_is_known(kind: str) -> None:
    assert looks_like_a_picture(encoded(noise(20, 20), kind)[:MAGIC_BYTES])


@pytest.mark.parametrize(
    "head", [b"", b"BM", b"BM is a word", b"RIFF....WAVE", b"%PDF-1.7", b"\0\0\0\x18ftypmp42"]
)
def test_other_starts_are_not(head: bytes) -> None:
    assert not looks_like_a_picture(head)


def test_names_that_promise_a_picture() -> None:
    assert has_picture_extension("A.JPG")
    assert has_picture_extension(".jpg.heic")
    assert not has_picture_extension("notes.txt")
    assert not has_picture_extension("jpg")
