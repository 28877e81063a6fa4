"""Pictures of every accepted shape come out upright, in sRGB, at the right size; others are refused."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Refused
from tests.support.pictures import accepted, corners, decode, encoded, noise, screen

# Where red, green, blue and white (upper left, upper right, lower left, lower right) end up.
ORIENTED = {1: "RGBW", 2: "GRWB", 3: "WBGR", 4: "BWRG", 5: "RBGW", 6: "BRWG", 7: "WGBR", 8: "GWRB"}


def _layout(image: Image.Image) -> str:
    width, height = image.size
    letters = ""
    for x, y in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        red, green, blue = image.convert("RGB").getpixel((int(width * x), int(height * y)))  # type: ignore[misc]  # RGB
        letters += {(1, 0, 0): "R", (0, 1, 0): "G", (0, 0, 1): "B", (1, 1, 1): "W"}[
            red > 128, green > 128, blue > 128
        ]
    return letters


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(decoder: Decoder, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    decoded = accepted(decoder, encoded(corners(), kind, exif=exif.tobytes(), **options))
    assert (decoded.width, decoded.height) == ((40, 60) if orientation >= 5 else (60, 40))
    assert _layout(screen(decoded)) == ORIENTED[orientation]


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_heic_is_turned_by_its_own_boxes_and_not_again_by_exif(decoder: Decoder, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    pillow_heif.from_pillow(corners(64, 48)).save(buffer, exif=exif.tobytes(), quality=90)
    decoded = accepted(decoder, buffer.getvalue())
    assert decoded.format == "HEIF"
    assert _layout(screen(decoded)) in ORIENTED.values()
    assert (decoded.width, decoded.height) == screen(decoded).size


@pytest.mark.parametrize(
    ("kind", "name"),
    [("JPEG", "JPEG"), ("PNG", "PNG"), ("WEBP", "WEBP"), ("GIF", "GIF"), ("TIFF", "TIFF"), ("BMP", "BMP")],
)
def test_each_format_is_known_by_its_content(decoder: Decoder, kind: str, name: str) -> None:
    decoded = accepted(decoder, encoded(corners(), kind))
    assert (decoded.format, decoded.width, decoded.height, decoded.frames) == (name, 60, 40, 1)
    assert _layout(screen(decoded)) == "RGBW"


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (5000, 2), (641, 640), (2560, 2561), (6000, 4000)])
def test_renditions_fit_their_sides_and_keep_the_true_size(decoder: Decoder, size: tuple[int, int]) -> None:
    decoded = accepted(decoder, encoded(noise(*size), "JPEG"))
    assert (decoded.width, decoded.height) == size
    for rendition, side in zip(decoded.renditions, (640, 2560), strict=True):
        image = Image.open(io.BytesIO(rendition.content))
        assert image.format == "JPEG"
        assert image.size == (rendition.width, rendition.height)
        assert max(image.size) == min(max(size), side)
        assert not image.getexif(), "a rendition carries no metadata"


def test_sixteen_bits_keep_their_brightness(decoder: Decoder) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (64, 1))
    decoded = accepted(decoder, encoded(Image.fromarray(ramp)))
    shown = np.asarray(screen(decoded).convert("L")).astype(int)
    assert np.abs(shown[32] - np.arange(256)).max() <= 3


def test_floating_point_values_are_stretched_to_what_can_be_seen(decoder: Decoder) -> None:
    ramp = np.tile(np.linspace(-1, 3, 256).astype(np.float32), (64, 1))
    shown = np.asarray(screen(accepted(decoder, encoded(Image.fromarray(ramp), "TIFF"))).convert("L"))
    assert shown.min() <= 3
    assert shown.max() >= 252


def test_transparent_parts_lie_on_white(decoder: Decoder) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 32, 64))
    shown = screen(accepted(decoder, encoded(image)))
    assert shown.getpixel((56, 32)) == (255, 255, 255)
    red, green, _ = shown.getpixel((8, 32))  # type: ignore[misc]  # RGB
    assert red > 245
    assert green < 10


def test_a_palette_with_a_transparent_entry_is_understood(decoder: Decoder) -> None:
    image = Image.new("P", (32, 32), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    shown = screen(accepted(decoder, encoded(image, "PNG", transparency=0)))
    assert shown.getpixel((16, 16)) == (255, 255, 255)


def test_cmyk_becomes_rgb(decoder: Decoder) -> None:
    shown = screen(accepted(decoder, encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG")))
    red, green, blue = shown.getpixel((32, 32))  # type: ignore[misc]  # RGB
    assert (red > 230, green < 40, blue < 40) == (True, True, True)


def test_a_wide_gamut_profile_is_converted(decoder: Decoder) -> None:
    """In a space whose red and green are swapped, what is stored as red must be shown as green."""
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, green = swapped.index(b"rXYZ"), swapped.index(b"gXYZ")
    content = bytearray(swapped)
    content[red : red + 4], content[green : green + 4] = b"gXYZ", b"rXYZ"
    description = content.replace("sRGB built-in".encode("utf-16-be"), "swapped space".encode("utf-16-be"))
    decoded = accepted(
        decoder, encoded(Image.new("RGB", (32, 32), "#ff0000"), icc_profile=bytes(description))
    )
    shown = screen(decoded).getpixel((16, 16))
    red, green, _ = shown  # type: ignore[misc]  # RGB
    assert red < 30
    assert green > 225
    assert decoded.icc == "swapped space"


def test_a_broken_profile_leaves_the_pixels_as_they_are(decoder: Decoder) -> None:
    decoded = accepted(
        decoder, encoded(Image.new("RGB", (32, 32), "#ff0000"), icc_profile=b"no profile" * 20)
    )
    assert decoded.icc is None
    assert decoded.colour in ("#fe0000", "#ff0000")


def test_an_animation_shows_its_first_frame_and_says_how_many_there_are(decoder: Decoder) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("#ff0000", "#00ff00", "#0000ff")]
    decoded = accepted(decoder, encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert decoded.frames == 3
    assert decoded.colour in ("#fe0000", "#ff0000")


def test_the_histogram_counts_every_pixel_shown(decoder: Decoder) -> None:
    decoded = accepted(decoder, encoded(Image.new("RGB", (300, 200), "#808080")))
    assert sum(decoded.histogram) == 300 * 200
    assert decoded.histogram[32] == 300 * 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_file_is_refused(decoder: Decoder, kind: str, share: float) -> None:
    content = encoded(noise(3000, 2000), kind)
    answer = decode(decoder, content[: int(len(content) * share)])
    assert isinstance(answer, Refused), (kind, share)
    assert answer.code in ("damaged", "not_a_picture")
    assert decode(decoder, content[: int(len(content) * share)]) == answer


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"hello", "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (b"P6 1 1 255 abc", "not_a_picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(decoder: Decoder, content: bytes, code: str) -> None:
    answer = decode(decoder, content)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert answer.reason.endswith(".")


def test_a_picture_over_the_pixel_limit_is_refused_unread(decoder: Decoder) -> None:
    content = bytearray(encoded(Image.new("L", (8, 8)), "BMP"))
    content[18:26] = (20_000).to_bytes(4, "little") * 2
    answer = decode(decoder, bytes(content))
    assert isinstance(answer, Refused)
    assert answer.code == "too_many_pixels"
    assert "20000 x 20000" in answer.reason
