"""The mark id: what a mark says, as the 64 bits that go into pixels and as the text that people read out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from local_server.errors import Rejection
from local_server.marks.coding import ZERO_BITS

RANDOM_BITS: Final = 50
RESERVED_BITS: Final = ZERO_BITS

# Crockford's base 32: no I, L, O and U, so that nothing is misread over the telephone.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES: Final = str.maketrans("OIL", "011")
_LETTERS: Final = RANDOM_BITS // 5
_WRITTEN: Final = re.compile(rf"[{_ALPHABET}]{{{_LETTERS}}}")


class NotAMarkId(Rejection):
    """A text that cannot be a mark id."""

    code = "not_a_mark_id"
    title = "That is not a mark id"
    advice = (
        "A mark id has ten letters and digits, such as 7KQ4-M2XD-9F. Copy it again from where it is shown."
    )


@dataclass(frozen=True, slots=True, order=True)
class MarkId:
    """50 random bits that name one viewing session's mark; they mean nothing without the database."""

    value: int

    def __post_init__(self) -> None:
        if not 0 <= self.value < 1 << RANDOM_BITS:
            raise ValueError(f"a mark id has {RANDOM_BITS} bits")

    @classmethod
    def new(cls, randbits: Callable[[int], int]) -> Self:
        """Draw an id from a source such as `secrets.randbits`."""
        return cls(randbits(RANDOM_BITS))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read an id as people write it: in any case, with or without dashes, O for 0, I or L for 1."""
        letters = re.sub(r"[\s-]", "", text).upper().translate(_LOOKALIKES)
        if not _WRITTEN.fullmatch(letters):
            raise NotAMarkId
        value = 0
        for letter in letters:
            value = value << 5 | _ALPHABET.index(letter)
        return cls(value)

    @classmethod
    def from_payload(cls, payload: int) -> Self | None:
        """Return the id in a payload, or None where the reserved bits are not those of this version."""
        if payload & ((1 << RESERVED_BITS) - 1):
            return None
        return cls(payload >> RESERVED_BITS)

    @property
    def payload(self) -> int:
        """The 64 bits that are embedded: the id, then 14 reserved bits that are zero in this version."""
        return self.value << RESERVED_BITS

    @property
    def text(self) -> str:
        """The id in groups of 4, 4 and 2 letters."""
        letters = "".join(_ALPHABET[self.value >> shift & 31] for shift in range(RANDOM_BITS - 5, -1, -5))
        return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"

    def __str__(self) -> str:
        return self.text
