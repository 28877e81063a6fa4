"""The parts of a leaked file, each in its own child: frames, pages, moments; hostile ones are refused."""

import io
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from local_server.imaging.answer import Garbled, read_pixels, write_pixels
from local_server.imaging.isolation import Decoder
from local_server.imaging.models import NO_PART, Pixels, Refused

RED, BLUE = "#c03020", "#2040a0"


def parts(decoder: Decoder, path: Path, most: int = 20) -> list[Pixels | Refused]:
    """Return the parts of a file, and the refusal at its end."""
    found: list[Pixels | Refused] = []
    descriptor = os.open(path, os.O_RDONLY)
    try:
        while len(found) < most:
            found.append(decoder.pixels(descriptor, len(found)))
            if isinstance(found[-1], Refused):
                break
    finally:
        os.close(descriptor)
    return found


def labels(found: list[Pixels | Refused]) -> list[str]:
    return [one.code if isinstance(one, Refused) else one.label for one in found]


def colour(pixels: Pixels | Refused) -> tuple[int, ...]:
    assert isinstance(pixels, Pixels)
    image = Image.frombytes("RGB", (pixels.middle_width, pixels.middle_height), pixels.middle)
    return image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[return-value]  # RGB


def plain(ink: str, size: tuple[int, int] = (320, 200)) -> Image.Image:
    return Image.new("RGB", size, ink)


def test_a_picture_has_one_part(decoder: Decoder, tmp_path: Path) -> None:
    plain(RED).save(tmp_path / "one.png")
    found = parts(decoder, tmp_path / "one.png")
    assert labels(found) == ["", NO_PART]
    assert colour(found[0]) == (192, 48, 32)


def test_an_animation_is_looked_at_frame_by_frame(decoder: Decoder, tmp_path: Path) -> None:
    plain(RED).save(tmp_path / "two.gif", save_all=True, append_images=[plain(BLUE)])
    found = parts(decoder, tmp_path / "two.gif")
    assert labels(found) == ["frame 1", "frame 2", NO_PART]
    assert colour(found[1])[2] > 120


def test_the_pictures_of_a_document_come_at_their_own_size(decoder: Decoder, tmp_path: Path) -> None:
    plain(RED, (700, 500)).save(tmp_path / "two.pdf", save_all=True, append_images=[plain(BLUE)])
    found = parts(decoder, tmp_path / "two.pdf")
    assert labels(found) == ["page 1", "page 2", NO_PART]
    assert [(one.width, one.height) for one in found if isinstance(one, Pixels)] == [(700, 500), (320, 200)]


def test_a_page_without_pictures_is_drawn(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "drawn.pdf").write_bytes(one_page("0 0 1 rg 0 0 144 72 re f"))
    found = parts(decoder, tmp_path / "drawn.pdf")
    assert labels(found) == ["page 1", NO_PART]
    assert isinstance(found[0], Pixels)
    assert (found[0].width, found[0].height) == (300, 150)
    assert colour(found[0]) == (0, 0, 255)


def one_page(content: str, box: str = "0 0 144 72") -> bytes:
    """Write the least document there is."""
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
    )
    body = b"%PDF-1.4\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{one}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return body + f"{end}trailer << /Size 5 /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF".encode()


def test_an_enormous_page_is_drawn_small(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "huge.pdf").write_bytes(one_page("1 0 0 rg 0 0 9 9 re f", "0 0 14400 100"))
    (first, *_) = parts(decoder, tmp_path / "huge.pdf")
    assert isinstance(first, Pixels)
    assert first.width <= 4000


@pytest.mark.parametrize("form", ["mp4", "mkv", "webm"])
def test_the_first_frames_of_a_video_and_some_later_ones(decoder: Decoder, tmp_path: Path, form: str) -> None:
    for number, ink in enumerate((RED, BLUE)):
        plain(ink).save(tmp_path / f"{number}.png")
    made = ["ffmpeg", "-v", "error", "-framerate", "1", "-i", "%d.png", "-r", "10", "-pix_fmt", "yuv420p"]
    made += ["-vf", "tpad=stop_mode=clone:stop_duration=1"]
    subprocess.run([*made, f"two.{form}"], cwd=tmp_path, check=True)
    found = parts(decoder, tmp_path / f"two.{form}")
    assert labels(found) == ["at 0:00.0", "at 0:00.5", "at 0:01.5", NO_PART]
    assert colour(found[0])[0] > colour(found[0])[2]
    assert colour(found[2])[2] > colour(found[2])[0]


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"words", "not_a_picture"),
        (b"%PDF-1.7\nnothing follows", "damaged"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(400), "damaged"),
        (b"\x1a\x45\xdf\xa3" + bytes(400), "damaged"),
        # A list of files to open is no video.
        (PLAYLIST, "not_a_picture"),
    ],
)
def test_what_is_damaged_or_hostile_is_refused(
    decoder: Decoder, tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "leak").write_bytes(content)
    assert labels(parts(decoder, tmp_path / "leak")) == [code]


def test_an_answer_about_pixels_is_read_back() -> None:
    pixels = Pixels("page 2", 4, 2, 2, 1, b"abcdef", 1, 1, b"xyz")
    assert read_pixels(write_pixels(pixels)) == pixels


@given(st.binary(max_size=120))
def test_no_answer_that_was_taken_over_is_believed(noise: bytes) -> None:
    whole = write_pixels(Pixels("x", 4, 2, 2, 1, b"abcdef", 1, 1, b"xyz"))
    with pytest.raises(Garbled):
        read_pixels(whole + noise + b"!")
    with pytest.raises(Garbled):
        read_pixels(noise)


def test_a_label_that_does_not_print_is_not_taken() -> None:
    for label in ("a\nb", "x" * 500):
        with pytest.raises(Garbled):
            read_pixels(write_pixels(Pixels(label, 4, 2, 2, 1, b"abcdef", 1, 1, b"xyz")))


def test_the_preview_shows_all_of_a_very_large_picture(decoder: Decoder, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    plain(RED, (6000, 4000)).save(buffer, "JPEG")
    (tmp_path / "large.jpg").write_bytes(buffer.getvalue())
    (first, *_) = parts(decoder, tmp_path / "large.jpg")
    assert isinstance(first, Pixels)
    assert (first.width, first.height, first.preview_width) == (6000, 4000, 2048)
    assert first.middle_width * first.middle_height <= 16_000_000
