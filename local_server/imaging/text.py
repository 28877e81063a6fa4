"""Text from files and cameras, made fit to be stored and shown."""

import unicodedata
from typing import Final

# Controls, format characters (bidirectional overrides, zero width), surrogates, private use, unassigned.
_UNWANTED: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def clean_text(text: str, longest: int) -> str:
    """Drop what does not print or could disguise a text, fold white space, and cut to a length."""
    head = text.split("\0", 1)[0][: longest * 4]
    kept = (" " if char.isspace() else char for char in head)
    shown = "".join(char for char in kept if unicodedata.category(char) not in _UNWANTED)
    return " ".join(shown.split())[:longest].rstrip()
