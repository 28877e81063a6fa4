"""From whatever values a file stores to sRGB on white."""

import io
from typing import Final

from PIL import Image, ImageCms

from local_server.imaging.models import HISTOGRAM_BINS
from local_server.imaging.text import clean_text

_PAPER: Final = (255, 255, 255)
_BAND: Final = 256
_SAMPLED: Final = frozenset(("L", "LA", "RGB", "RGBA", "CMYK", "LAB"))
_ICC_MODES: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
# Profiles that only say "this is sRGB": a transform would cost time and change nothing.
_PLAIN_SRGB: Final = frozenset(
    (
        "sRGB",
        "c2",
        "sRGB built-in",
        "sRGB2014",
        "sRGB IEC61966-2.1",
        "sRGB IEC61966-2-1",
        "sRGB IEC61966-2-1 black scaled",
    )
)


class ColourSpace:
    """How one opened picture's values are understood; applies to its parts and scalings too."""

    def __init__(self, image: Image.Image) -> None:
        self._range = _value_range(image)
        self.description, self._transform = _icc(image)

    def sampled(self, image: Image.Image) -> Image.Image:
        """Return the picture in a mode that can be resampled: no palette, no bit masks, 8 bits a channel."""
        if image.mode.startswith("I") or image.mode == "F":
            return self._to_eight_bits(image)
        if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
            return image.convert("RGBA")
        if image.mode in _SAMPLED:
            return image
        return image.convert("L" if image.mode == "1" else "RGB")

    def srgb(self, image: Image.Image) -> Image.Image:
        """Return a sampled picture as RGB in sRGB, transparent parts on white."""
        image = on_paper(image)
        if self._transform is not None and image.mode == self._transform.input_mode:
            converted = ImageCms.applyTransform(image, self._transform)
            if converted is not None:
                return converted
        if image.mode == "LAB":
            lab = ImageCms.createProfile("LAB")
            converted = ImageCms.profileToProfile(
                image, lab, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        return image.convert("RGB")

    def _to_eight_bits(self, image: Image.Image) -> Image.Image:
        least, most = self._range
        scale = 255.0 / ((most - least) or 1.0)
        wide = image if image.mode in ("F", "I;16") else image.convert("I")
        return wide.point(lambda value: value * scale - least * scale).convert("L")


def on_paper(image: Image.Image, reduction: int = 1) -> Image.Image:
    """Return a picture with transparency as RGB on white, 1/reduction of the size; another as it is.

    Works in bands: a copy with alpha of a picture at the pixel limit would not fit into the child's memory.
    """
    if image.mode not in ("LA", "RGBA"):
        return image
    width, height = image.size
    paper = Image.new("RGB", (-(-width // reduction), -(-height // reduction)))
    for top in range(0, height, _BAND * reduction):
        part = image.crop((0, top, width, min(height, top + _BAND * reduction))).convert("RGBA")
        band = Image.new("RGB", part.size, _PAPER)
        band.paste(part.convert("RGB"), mask=part.getchannel("A"))
        paper.paste(band.reduce(reduction) if reduction > 1 else band, (0, top // reduction))
    return paper


def luma_histogram(image: Image.Image) -> list[int]:
    """Count an RGB picture's luma (ITU-R 601) in HISTOGRAM_BINS equal bins."""
    counts = image.convert("L").histogram()
    width = 256 // HISTOGRAM_BINS
    return [sum(counts[start : start + width]) for start in range(0, 256, width)]


def average_colour(image: Image.Image) -> str:
    """Return the mean of an RGB picture as #rrggbb."""
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).tobytes()[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _value_range(image: Image.Image) -> tuple[float, float]:
    """Return what counts as black and white in a picture with more than 8 bits a value."""
    if image.mode.startswith("I;16"):
        bits = getattr(image, "tag_v2", {}).get(258, (16,))  # TIFF BitsPerSample; 12-bit files exist
        return 0.0, float(2 ** min(int(bits[0]), 16) - 1)
    if image.mode not in ("I", "F"):
        return 0.0, 255.0
    least, most = (float(value) for value in image.getextrema())  # type: ignore[arg-type]  # one band: two numbers
    if image.mode == "I" and least >= 0 and most <= 65_535:
        return 0.0, 65_535.0
    return least, most


def _icc(image: Image.Image) -> tuple[str | None, ImageCms.ImageCmsTransform | None]:
    """Return the profile's name and, unless it is sRGB or broken, the transform from it."""
    content = image.info.get("icc_profile")
    if not isinstance(content, bytes) or not content:
        return None, None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        description = clean_text(ImageCms.getProfileDescription(profile), 96) or None
        mode = _ICC_MODES.get(profile.profile.xcolor_space.strip())
        if mode is None or description in _PLAIN_SRGB:
            return description, None
        transform = ImageCms.buildTransform(
            profile,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, None  # a broken profile: the pixels are shown as they are
    return description, transform
