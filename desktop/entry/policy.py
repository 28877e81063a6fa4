"""What a new password needs, told while it is typed; the server has the last word."""

import unicodedata
from dataclasses import dataclass

SHORTEST = 10
DIFFERENT = 4


@dataclass(frozen=True, slots=True)
class Hint:
    """One rule, and whether what was typed keeps it."""

    text: str
    kept: bool


def hints(name: str, password: str, confirmation: str) -> tuple[Hint, ...]:
    """Judge a new password for an account of this name."""
    normal = unicodedata.normalize("NFC", password)
    lowered = normal.casefold()
    own = name.strip().casefold()
    bare = lowered.strip("0123456789!.-_ ")
    is_name = bool(own) and (bare == own or (len(own) >= 4 and own in lowered))
    return (
        Hint(f"At least {SHORTEST} characters", len(normal) >= SHORTEST),
        Hint(f"At least {DIFFERENT} different ones", len(set(lowered)) >= DIFFERENT),
        Hint("Not your name", bool(normal) and not is_name),
        Hint("Typed twice alike", bool(normal) and password == confirmation),
    )
