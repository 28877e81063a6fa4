"""What request and answer bodies have in common: no unknown field, no unbounded or unprintable text."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

_ZONE: Final = re.compile(r"T.*(Z|[+-]\d\d:\d\d)$", re.IGNORECASE)


def _printable(value: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise ValueError("must not contain control characters")
    return _encodable(value)


def _encodable(value: str) -> str:
    # JSON can write half of a surrogate pair, which no file and no hash function takes.
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        raise ValueError("must not contain lone surrogates")
    return value


def _storable(value: str) -> str:
    # SQLite takes a NUL, PostgreSQL does not.
    if "\0" in value:
        raise ValueError("must not contain NUL")
    return _encodable(value)


def _encodable_secret(value: SecretStr) -> SecretStr:
    _encodable(value.get_secret_value())
    return value


def _moment(value: object) -> object:
    # What a number would mean is not said anywhere, so that texts alone are taken.
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if _ZONE.search(value) else value
    except (ValueError, OverflowError):
        raise ValueError("must be a moment as in 2026-11-25T18:30:00Z") from None


Storable = Annotated[str, AfterValidator(_storable)]
"""Any text that every database takes: a folder's name may hold what does not print."""
Line = Annotated[str, AfterValidator(_printable)]
Secret = Annotated[SecretStr, AfterValidator(_encodable_secret)]
Id = Annotated[str, Field(pattern="^[0-9A-Za-z_-]{1,64}$")]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A moment with its zone (RFC 3339), in UTC once it is read."""


class Body(BaseModel):
    """A request body: strict types, and nothing but the fields that are named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True)
