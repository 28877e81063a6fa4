"""What the owner of a refused file can do, by the code of the reason."""

from typing import Final

_SAVE_AGAIN: Final = "Open it in the program that made it and save it again, or restore it from a backup."

_ADVICE: Final = {
    "empty": "The copy may have been interrupted: copy the file again.",
    "not_a_picture": "Export it as JPEG, PNG, WebP, TIFF, AVIF or HEIC, or keep it outside of the gallery.",
    "damaged": _SAVE_AGAIN,
    "too_many_pixels": "Save a smaller version of the picture.",
    "too_much_memory": "Save a smaller version of the picture, or save it as JPEG.",
    "took_too_long": "Save it again in another format; leave it out if you do not know where it comes from.",
    "crashed_decoder": "Leave this file out if you do not know where it comes from. " + _SAVE_AGAIN,
    "file_too_large": "Save a smaller file, or raise the setting MAX_FILE_SIZE.",
    "unreadable": "Give this account the right to read the file, then scan again.",
    "missing": "Check the path; the file may have been moved.",
    "not_a_file": "Only regular files are taken.",
    "changing": "Wait until the program that writes it is done, then scan again.",
    "infected": "Do not open the file. Remove it, and look after the computer that it comes from.",
    "not_scanned": "Raise StreamMaxLength of clamd, or save a smaller file.",
    "poison": "Keep the file outside of the gallery and report it.",
}


def advice_for(code: str) -> str:
    """Return what to do about a refused file."""
    return _ADVICE.get(code, _SAVE_AGAIN)
