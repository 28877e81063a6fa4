"""The words of the information panel: what is known of a picture, written for people."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from desktop.client.models import Camera, PictureDetail

# Shorter than any shutter: metadata that says so is wrong, and its inverse may be no number.
SHORTEST_EXPOSURE_S = 1e-6
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LEVEL_WORDS = {
    "open": "The picture is shown as it is.",
    "marked": "Every pixel you see carries mark {mark}.",
    "guarded": "Every pixel you see carries mark {mark}. Copy, print and save are off.",
    "sealed": "Every pixel you see carries mark {mark}. The picture hides before a capture can read it.",
}


def taken_words(detail: PictureDetail) -> str:
    """Write when a picture was taken, in its own local time where the camera told it."""
    moment = datetime.fromisoformat(detail.taken_local) if detail.taken_local else detail.taken_at
    if moment is None:
        return "Unknown"
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}"


def size_words(detail: PictureDetail) -> str:
    """Write the pixels and how many million there are."""
    million = detail.width * detail.height / 1e6
    return (
        f"{detail.width} × {detail.height} · {million:.0f} MP"
        if million >= 2
        else (f"{detail.width} × {detail.height} · {million:.1f} MP")
    )


def type_words(detail: PictureDetail) -> str:
    """Write the format, the colour space where there is one, and the frames of an animation."""
    parts = [detail.format.upper()]
    if detail.icc:
        parts.append(detail.icc)
    if detail.frames and detail.frames > 1:
        parts.append(f"{detail.frames} frames")
    return " · ".join(parts)


def bytes_words(size: int) -> str:
    """Write a file's size."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1000))} kB"


def exposure_words(camera: Camera) -> str:
    """Write time, aperture and sensitivity, as far as they are known."""
    parts = []
    seconds = _number(camera.exposure)
    if seconds and seconds >= SHORTEST_EXPOSURE_S:
        parts.append(f"{seconds:g} s" if seconds >= 0.4 else f"1/{round(1 / seconds)} s")
    aperture = _number(camera.aperture)
    if aperture:
        parts.append(f"f/{aperture:.3g}")
    sensitivity = _number(camera.iso)
    if sensitivity:
        parts.append(f"ISO {sensitivity:.0f}")
    return " · ".join(parts)


def camera_facts(detail: PictureDetail) -> list[tuple[str, str]]:
    """List what is known of camera and lens."""
    camera, facts = detail.camera, []
    if camera is not None:
        make, model = (camera.make or "").strip(), (camera.model or "").strip()
        # Makers repeat themselves: "NIKON CORPORATION", "NIKON D750".
        brand = make.split(" ")[0].lower()
        body = model if model.lower().startswith(brand) else f"{make} {model}"
        focal = _number(camera.focal)
        facts = [
            ("Body", body.strip()),
            ("Lens", (camera.lens or "").strip()),
            ("Focal length", f"{focal:.3g} mm" if focal else ""),
            ("Exposure", exposure_words(camera)),
        ]
    if detail.gps is not None:
        north = "N" if detail.gps.latitude >= 0 else "S"
        east = "E" if detail.gps.longitude >= 0 else "W"
        facts.append(
            ("Place", f"{abs(detail.gps.latitude):.4f}° {north}, {abs(detail.gps.longitude):.4f}° {east}")
        )
    return [(name, words) for name, words in facts if words]


def picture_facts(detail: PictureDetail) -> list[tuple[str, str]]:
    """List what is known of the picture itself."""
    facts = [
        ("Taken", taken_words(detail)),
        ("Size", size_words(detail)),
        ("Type", f"{type_words(detail)}"),
        ("File", bytes_words(detail.bytes)),
    ]
    if detail.folder:
        facts.append(("Folder", detail.folder.replace("/", " / ")))
    return facts


def _number(value: object) -> float | None:
    """Read a number from what EXIF gave: a number, or text such as 1/250."""
    if isinstance(value, int | float):
        return float(value) if value > 0 else None
    if isinstance(value, str):
        try:
            number = float(Fraction(value.strip()))
        except (ValueError, ZeroDivisionError):
            return None
        return number if number > 0 else None
    return None
