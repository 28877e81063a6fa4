"""The picture formats that are taken, known by their content and never by their name."""

from typing import Final

# Pillow's names (JPEG opens MPO too). Without this list Image.open would run Ghostscript on PostScript.
ACCEPTED: Final = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "AVIF", "HEIF")

SPOKEN: Final = "JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC"

EXTENSIONS: Final = frozenset(
    (
        *("jpg", "jpeg", "jpe", "jfif", "mpo", "png", "apng", "webp", "gif", "tif", "tiff", "bmp", "dib"),
        *("avif", "avifs", "heic", "heics", "heif", "heifs", "hif"),
    )
)

MAGIC_BYTES: Final = 32

_STARTS: Final = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
)
_BRANDS: Final = frozenset(
    (b"avif", b"avis", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
)


def looks_like_a_picture(head: bytes) -> bool:
    """Tell from a file's first MAGIC_BYTES whether it claims to be one of the accepted formats."""
    if head.startswith(_STARTS):
        return True
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return True
    if head[4:8] == b"ftyp":
        return head[8:12] in _BRANDS
    # Two letters are too little: a bitmap also has four reserved zero bytes and a known header size.
    return (
        head.startswith(b"BM")
        and head[6:10] == bytes(4)
        and head[15:18] == bytes(3)
        and head[14] in _BMP_HEADERS
    )


_BMP_HEADERS: Final = frozenset((12, 16, 40, 52, 56, 64, 108, 124))


def has_picture_extension(name: str) -> bool:
    """Tell whether a file's name promises a picture."""
    _, dot, extension = name.rpartition(".")
    return bool(dot) and extension.lower() in EXTENSIONS
