"""What of a picture may leave the program at which level: the one table that every way out asks."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

OPEN = "open"


class Outlet(StrEnum):
    """A way out of the program for a picture."""

    COPY = "copy"
    PRINT = "print"
    DRAG = "drag"
    EXPORT = "export"


class Refusal(NamedTuple):
    """Why a way out is closed, and what to do instead."""

    words: str
    advice: str


_DOING = {
    Outlet.COPY: "Copying",
    Outlet.PRINT: "Printing",
    Outlet.DRAG: "Dragging out",
    Outlet.EXPORT: "Exporting",
}
_BY_LEVEL = frozenset({Outlet.COPY, Outlet.PRINT})
_ASK = "Ask who curates this gallery for a copy."
_EXPORT_IT = "Export it with a reason, or lower the level of its album."


def refusal(outlet: Outlet, level: str, *, curates: bool) -> Refusal | None:
    """Return why a picture of `level` may not leave this way; None where it may.

    Exports are for who curates, at any level: the server asks for a reason and records them. Nothing is ever
    dragged out, as nobody could tell to where. An unknown level counts as protected.
    """
    if outlet is Outlet.EXPORT:
        return None if curates else Refusal("Exporting is for who curates this gallery.", _ASK)
    if outlet in _BY_LEVEL and level == OPEN:
        return None
    if level == OPEN:
        return Refusal("Pictures are not dragged out of this window.", "Copy it, or export it.")
    words = f"{_DOING[outlet]} is off for {level} pictures."
    return Refusal(words, _EXPORT_IT if curates else _ASK)
