"""What request and answer bodies have in common: no unknown field, no unbounded or unprintable text."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _printable(value: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        raise ValueError("must not contain control characters")
    return value


Line = Annotated[str, AfterValidator(_printable)]


class Body(BaseModel):
    """A request body: strict types, and nothing but the fields that are named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True)
