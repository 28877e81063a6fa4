"""What a camera wrote beside the pixels; hostile values are dropped one by one and never fail the picture."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeVar

from PIL import ExifTags, Image

from local_server.imaging.models import Camera, Metadata
from local_server.imaging.text import clean_text

T = TypeVar("T")

_Base = ExifTags.Base
_Gps = ExifTags.GPS
_WRITTEN: Final = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")
# Which date stands for "taken", best first: as exposed, as digitised, as last written.
_DATES: Final = (
    (_Base.DateTimeOriginal, _Base.SubsecTimeOriginal, _Base.OffsetTimeOriginal),
    (_Base.DateTimeDigitized, _Base.SubsecTimeDigitized, _Base.OffsetTimeDigitized),
    (_Base.DateTime, _Base.SubsecTime, _Base.OffsetTime),
)


def read_metadata(image: Image.Image) -> Metadata:
    """Read EXIF of an opened picture; what cannot be read is None."""
    exif = _attempt(image.getexif) or Image.Exif()
    details = _directory(_attempt(lambda: exif.get_ifd(ExifTags.IFD.Exif)) or {})
    gps = _directory(_attempt(lambda: exif.get_ifd(ExifTags.IFD.GPSInfo)) or {})
    return from_directories(_directory(exif), details, gps)


def from_directories(main: dict[int, Any], details: dict[int, Any], gps: dict[int, Any]) -> Metadata:
    """Return what the three EXIF directories say, whatever is in them."""
    details = {**main, **details}
    taken_local, taken_utc = _taken(details)
    position = _position(gps)
    return Metadata(
        taken_local,
        taken_utc,
        Camera(
            make=_text(details.get(_Base.Make)),
            model=_text(details.get(_Base.Model)),
            lens=_text(details.get(_Base.LensModel)),
            focal=_number(details.get(_Base.FocalLength), 0.1, 20_000),
            aperture=_number(details.get(_Base.FNumber), 0.1, 1_000),
            exposure=_number(details.get(_Base.ExposureTime), 1e-7, 1e6),
            iso=_iso(details.get(_Base.ISOSpeedRatings)),
        ),
        *(position or (None, None)),
    )


def _attempt(read: Callable[[], T]) -> T | None:
    """Run one of Pillow's EXIF readers, which raise many kinds of error on damaged directories."""
    try:
        return read()
    except Exception:  # noqa: BLE001  # struct.error, ValueError, OverflowError, SyntaxError and more, by input
        return None


def _directory(entries: Mapping[int, Any]) -> dict[int, Any]:
    return _attempt(lambda: dict(entries.items())) or {}


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    return clean_text(value, 96) or None


def _number(value: Any, least: float, most: float) -> float | None:
    if isinstance(value, tuple) and value:
        value = value[0]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return round(number, 9) if math.isfinite(number) and least <= number <= most else None


def _iso(value: Any) -> int | None:
    number = _number(value, 1, 10_000_000)
    return None if number is None else round(number)


def _taken(details: Mapping[int, Any]) -> tuple[str | None, str | None]:
    """Return the date taken as written and, where a zone is known, in UTC."""
    for date, fraction, offset in _DATES:
        written = _moment(_text(details.get(date)), _text(details.get(fraction)))
        if written is None:
            continue
        zone = _zone(_text(details.get(offset)))
        try:
            moment = None if zone is None else written.replace(tzinfo=zone).astimezone(UTC)
        except OverflowError:
            moment = None
        precision = "milliseconds" if written.microsecond else "seconds"
        return (
            written.isoformat(timespec=precision),
            None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z",
        )
    return None, None


def _moment(text: str | None, fraction: str | None) -> datetime | None:
    found = _WRITTEN.match(text or "")
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(group) for group in found.groups())
    # \d also matches the digits of other scripts, which int() reads: some cameras write their own.
    digits = "".join(str(unicodedata.digit(c)) for c in fraction or "" if c.isdecimal())[:6]
    microsecond = int(digits.ljust(6, "0"))
    try:
        moment = datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001  # no zone is known
    except ValueError:
        return None  # such as 0000:00:00, the camera's "not set"
    return moment if moment.year >= 1826 else None  # no photograph is older than Niépce's


def _zone(text: str | None) -> timezone | None:
    if text == "Z":
        return UTC
    found = _OFFSET.fullmatch(text or "")
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes > 14 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    latitude = _degrees(gps.get(_Gps.GPSLatitude), gps.get(_Gps.GPSLatitudeRef), "N", "S", 90)
    longitude = _degrees(gps.get(_Gps.GPSLongitude), gps.get(_Gps.GPSLongitudeRef), "E", "W", 180)
    if latitude is None or longitude is None:
        return None
    return latitude, longitude


def _degrees(value: Any, reference: Any, positive: str, negative: str, most: float) -> float | None:
    """Return decimal degrees from the three rationals of EXIF 2.32, 4.6.6."""
    if not isinstance(value, tuple) or not 1 <= len(value) <= 3:
        return None
    letter = (_text(reference) or "").upper()[:1]
    parts = [_number(part, 0, limit) for part, limit in zip(value, (most, 60, 60), strict=False)]
    if letter not in (positive, negative) or None in parts:
        return None
    degrees = sum(part / 60.0**power for power, part in enumerate(p for p in parts if p is not None))
    if degrees > most:
        return None
    return round(-degrees if letter == negative else degrees, 7)
