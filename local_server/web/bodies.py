"""What request and answer bodies have in common: no unknown field, no unbounded or unprintable text."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr


def _printable(value: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise ValueError("must not contain control characters")
    return _encodable(value)


def _encodable(value: str) -> str:
    # JSON can write half of a surrogate pair, which no file and no hash function takes.
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        raise ValueError("must not contain lone surrogates")
    return value


def _encodable_secret(value: SecretStr) -> SecretStr:
    _encodable(value.get_secret_value())
    return value


Line = Annotated[str, AfterValidator(_printable)]
Secret = Annotated[SecretStr, AfterValidator(_encodable_secret)]


class Body(BaseModel):
    """A request body: strict types, and nothing but the fields that are named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True)
