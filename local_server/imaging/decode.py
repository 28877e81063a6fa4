"""Turns an untrusted file into a picture's facts and renditions; runs in a limited child process only."""

import contextlib
import warnings
from collections.abc import Iterator
from typing import IO, Final

import pillow_heif
from PIL import (
    AvifImagePlugin,
    ExifTags,
    Image,
    UnidentifiedImageError,
)

from local_server.imaging.colour import ColourSpace, average_colour, luma_histogram, on_paper
from local_server.imaging.formats import ACCEPTED, SPOKEN
from local_server.imaging.metadata import read_metadata
from local_server.imaging.models import MOST_PIXELS, Decoded, Refused
from local_server.imaging.renditions import (
    SCREEN,
    SCREEN_SIDE,
    THUMBNAIL,
    THUMBNAIL_SIDE,
    encode,
    fit,
    scale_down,
)
from local_server.imaging.text import clean_text

# EXIF Orientation to what undoes it (TIFF 6.0, tag 274).
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refusal(Exception):
    """Leaves decoding with the answer Refused."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.refused = Refused(code, reason)


def prepare() -> None:
    """Load every decoder and set its limits; once a process, before it is forked."""
    warnings.simplefilter("ignore")  # damaged metadata warns; the answer says what matters
    Image.init()
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    pillow_heif.options.DECODE_THREADS = 1  # a thread's stack counts against the child's memory
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.MAX_IMAGE_PIXELS = None  # open_picture has its own limit, with its own words


def decode(file: IO[bytes]) -> Decoded:
    """Decode the first frame in full, once, at the scale the screen rendition needs; raise Refusal."""
    with refusing_damage():
        image = open_picture(file)
        width, height = image.size
        image.draft(
            None, fit(width, height, SCREEN_SIDE)
        )  # JPEG decodes at 1/2, 1/4 or 1/8 for nearly nothing
        image.load()
        orientation = stored_orientation(image)
        space = ColourSpace(image)
        metadata = read_metadata(image)
        sampled = on_paper(space.sampled(image), max(1, max(width, height) // (2 * SCREEN_SIDE)))
        screen = upright(space.srgb(scale_down(sampled, SCREEN_SIDE)), orientation)
        thumbnail = scale_down(screen, THUMBNAIL_SIDE)
        if orientation >= 5:
            width, height = height, width
        return Decoded(
            format="JPEG" if image.format == "MPO" else str(image.format),
            width=width,
            height=height,
            orientation=orientation,
            frames=_frames(image),
            icc=space.description,
            colour=average_colour(thumbnail),
            histogram=luma_histogram(screen),
            metadata=metadata,
            renditions=(encode(thumbnail, THUMBNAIL), encode(screen, SCREEN)),
        )


def open_picture(file: IO[bytes]) -> Image.Image:
    """Open a file of an accepted format, its pixels yet undecoded; raise Refusal."""
    if not file.read(1):
        raise Refusal("empty", "The file is empty.")
    file.seek(0)
    image = Image.open(file, formats=ACCEPTED)
    width, height = image.size
    if width < 1 or height < 1:
        raise Refusal("damaged", "The picture has no pixels.")
    if width * height > MOST_PIXELS:
        raise Refusal(
            "too_many_pixels",
            f"The picture claims {width} x {height} pixels; more than "
            f"{MOST_PIXELS // 1_000_000} megapixels are not taken.",
        )
    return image


def stored_orientation(image: Image.Image) -> int:
    """Return the EXIF orientation (1-8) that a loaded picture's pixels still have.

    Ask after loading: PNG may have EXIF behind its pixels, and TIFF is turned upright by loading.
    """
    # libheif turns the picture by its own irot and imir; EXIF must not turn it again (ISO/IEC 23008-12).
    # Pillow's AVIF plugin writes irot and imir into EXIF instead; a picture without EXIF is upright.
    if image.format == "HEIF" or (image.format == "AVIF" and "exif" not in image.info):
        return 1
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001  # damaged EXIF raises many kinds of error; the picture is then as it lies
        return 1
    return orientation if isinstance(orientation, int) and orientation in _UPRIGHT else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Undo an EXIF orientation."""
    transposition = _UPRIGHT.get(orientation)
    return image if transposition is None else image.transpose(transposition)


@contextlib.contextmanager
def refusing_damage() -> Iterator[None]:
    """Turn whatever a decoder raises on bad input into a Refusal with a code."""
    try:
        yield
    except Refusal:
        raise
    except UnidentifiedImageError:
        raise Refusal("not_a_picture", f"This is no picture of a kind that is taken ({SPOKEN}).") from None
    except MemoryError:
        raise Refusal(
            "too_much_memory", "Decoding the picture needs more memory than one file is given."
        ) from None
    except Exception as error:  # noqa: BLE001  # decoders raise anything on damaged input
        said = clean_text(str(error), 120)
        raise Refusal(
            "damaged", f"The picture is damaged or cut short ({said or type(error).__name__})."
        ) from None


def _frames(image: Image.Image) -> int:
    try:
        return max(1, int(getattr(image, "n_frames", 1)))
    except Exception:  # noqa: BLE001  # frames after the first may be damaged; only the first is shown
        return 1
