"""How a JSON answer of the server becomes a frozen value with typed members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from desktop.client.errors import UnexpectedAnswer


@dataclass(frozen=True, slots=True)
class Model:
    """A value read from JSON; unknown members are ignored, so that a newer server can say more."""

    @classmethod
    def read(cls, data: object) -> Self:
        """Build from a JSON object; raises `UnexpectedAnswer` where a member has another type."""
        if not isinstance(data, Mapping):
            raise _unexpected(cls.__name__, data)
        members: dict[str, Any] = {}
        for name, hint in _members(cls):  # type: ignore[arg-type]  # mypy takes type[Self] for unhashable
            try:
                members[name] = _convert(hint, data.get(name))
            except (TypeError, ValueError) as problem:
                raise _unexpected(f"{cls.__name__}.{name}", data.get(name)) from problem
        return cls(**members)


@cache
def _members(model: type[Model]) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(model)
    return tuple((field.name, hints[field.name]) for field in fields(model))


def _unexpected(what: str, value: object) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "unexpected_answer",
        f"The server's answer cannot be read: {what} was {value!r:.80}.",
        "The program and its server are of different versions: install both from the same release.",
    )


def _convert(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        kinds = get_args(hint)
        if value is None and NoneType in kinds:
            return None
        return _convert(next(kind for kind in kinds if kind is not NoneType), value)
    if origin in (tuple, Sequence):
        if not isinstance(value, list):
            raise TypeError
        return tuple(_convert(get_args(hint)[0], each) for each in value)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise TypeError
        return {str(key): _convert(get_args(hint)[1], each) for key, each in value.items()}
    if hint is Any:
        return value
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Model):
        return hint.read(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise TypeError
    return value
