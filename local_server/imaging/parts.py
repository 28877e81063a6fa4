"""The parts of a leaked file: a picture and its frames, a PDF's pictures and pages, a video's frames.

Runs in a limited child process only.
"""

import io
import shutil
import subprocess
from typing import IO, Final

from PIL import Image

from local_server.imaging.decode import Refusal, open_picture, refusing_damage
from local_server.imaging.models import MOST_PIXELS, NO_PART, Pixels
from local_server.imaging.pixels import full_size

_HEAD_BYTES: Final = 1024
_PDF: Final = b"%PDF-"
_MOST_PAGES: Final = 50
# An embedded picture that is smaller holds no mark that could be read.
_SMALLEST_SIDE: Final = 64
_NESTED: Final = 4
# What a page without pictures is drawn at, in dots per inch, and its longest side at most.
_DPI: Final = 150
_LONGEST_SIDE: Final = 4000

# Seconds into a video: the first frames, and some later ones.
_MOMENTS: Final = (0.0, 0.5, 1.5, 4.0, 10.0, 20.0, 40.0, 80.0)
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"


def pixels_of_part(file: IO[bytes], part: int) -> Pixels:
    """Return the pixels of a part of a file, counted from 0; raise Refusal, NO_PART beyond the last."""
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    with refusing_damage():
        if _PDF in head:
            return full_size(*_of_pdf(file, part))
        container = _video_container(head)
        if container is not None:
            return full_size(*_of_video(file, container, part))
        return full_size(*_of_picture(file, part))


def _of_picture(file: IO[bytes], part: int) -> tuple[Image.Image, str]:
    image = open_picture(file)
    frames = int(getattr(image, "n_frames", 1)) if image.format != "MPO" else 1
    if part >= frames:
        raise Refusal(NO_PART, "The picture has no more frames.")
    if part:
        image.seek(part)
    image.load()
    return image, f"frame {part + 1}" if frames > 1 else ""


def _of_pdf(file: IO[bytes], part: int) -> tuple[Image.Image, str]:
    import pypdfium2
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    document = pypdfium2.PdfDocument(file)
    before = 0
    for number in range(min(len(document), _MOST_PAGES)):
        page = document[number]
        embedded = [
            one
            for one in page.get_objects(filter=(FPDF_PAGEOBJ_IMAGE,), max_depth=_NESTED)
            if min(one.get_px_size()) >= _SMALLEST_SIDE
        ]
        if part < before + max(1, len(embedded)):
            label = f"page {number + 1}"
            if not embedded:
                scale = min(_DPI / 72, _LONGEST_SIDE / max(page.get_size()))
                return page.render(scale=scale).to_pil().convert("RGB"), label
            if len(embedded) > 1:
                label += f", picture {part - before + 1}"
            one = embedded[part - before]
            width, height = one.get_px_size()
            if width * height > MOST_PIXELS:
                raise Refusal("too_many_pixels", f"A picture in it claims {width} x {height} pixels.")
            return one.get_bitmap().to_pil().convert("RGB"), label
        before += max(1, len(embedded))
    raise Refusal(NO_PART, "The document has no more pages.")


def _video_container(head: bytes) -> str | None:
    """Return what ffmpeg calls the kind of video that a file begins like, or None."""
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free") or (
        head[4:8] == b"ftyp" and head[8:12] not in _PICTURE_BRANDS
    ):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head.startswith((b"OggS", b"FLV\x01")):
        return "ogg" if head.startswith(b"Ogg") else "flv"
    if head[:1] == b"\x47" and head[188:189] == b"\x47":
        return "mpegts"
    return "mpeg" if head.startswith(b"\0\0\x01\xba") else None


_PICTURE_BRANDS: Final = frozenset(
    (b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
)


def _of_video(file: IO[bytes], container: str, part: int) -> tuple[Image.Image, str]:
    """Have ffmpeg decode one frame; it inherits our limits, and may open no other file and no address."""
    if part >= len(_MOMENTS):
        raise Refusal(NO_PART, "No more frames are looked at.")
    program = shutil.which("ffmpeg", path=_PATH) or shutil.which("ffmpeg")
    if program is None:
        raise Refusal(
            "no_video_reader",
            "Videos are read with the program ffmpeg, which is not installed on this machine.",
        )
    moment = _MOMENTS[part]
    ended = subprocess.run(
        [
            program,
            *("-nostdin", "-v", "error", "-threads", "1", "-protocol_whitelist", "file"),
            *("-ss", str(moment), "-f", container, "-i", "file:/dev/stdin"),
            *("-frames:v", "1", "-an", "-sn", "-dn", "-filter_threads", "1"),
            *("-c:v", "bmp", "-threads", "1", "-f", "image2pipe", "pipe:1"),
        ],
        stdin=file,
        capture_output=True,
        check=False,
    )
    if ended.returncode != 0 and part == 0:
        raise Refusal("damaged", "The video is damaged, or of a kind that ffmpeg does not read here.")
    if not ended.stdout:
        raise Refusal(NO_PART, "The video has ended.")
    image = Image.open(io.BytesIO(ended.stdout), formats=("BMP",))
    image.load()
    return image, f"at {int(moment // 60)}:{moment % 60:04.1f}"
