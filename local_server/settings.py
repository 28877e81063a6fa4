"""Every setting: its variable, its default and what it means; the table also writes `docs/settings.md`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, ValidationError

from local_server.data_directory import default_root
from local_server.errors import Rejection

PREFIX = "VAULTSECURE_"


class SettingsWrong(Rejection):
    """One or more settings can't be used; the detail names each."""

    code = "settings_wrong"
    title = "The settings can't be used"
    advice = "Correct or unset the variables that are named; docs/settings.md explains every one."


def _processors() -> int:
    return min(4, max(1, (os.cpu_count() or 2) - 1))


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    origins = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or parts.path
            or parts.query
            or "@" in origin
        ):
            raise ValueError("must be origins such as https://gallery.example, separated by commas")
    return origins


def _rate(value: object) -> object:
    if isinstance(value, str):
        try:
            parse_many(value)
        except ValueError:
            raise ValueError('must be a rate such as "30/minute", several separated by ";"') from None
    return value


Word = BeforeValidator(_lowered)
Rate = Annotated[str, BeforeValidator(_rate)]


class Settings(BaseModel):
    """What the operator chose; each field is the variable of the same name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = Field(
        default_factory=default_root,
        description="The folder that holds the catalogue, the sealed pictures, keys and logs. "
        "The option --data-dir goes before it.",
        json_schema_extra={"default": "the user's data folder, such as ~/.local/share/vaultsecure"},
    )
    port: int = Field(
        0, ge=0, le=65535, description="The port to listen on at 127.0.0.1; 0 takes any that is free."
    )
    default_protection: Annotated[Literal["open", "marked", "guarded", "sealed"], Word] = Field(
        "guarded",
        description="The protection level of pictures that are in no album: open, marked, guarded or sealed.",
    )
    worker_concurrency: int = Field(
        default_factory=_processors,
        ge=1,
        le=32,
        description="How many pictures the worker decodes at the same time, each in its own process.",
        json_schema_extra={"default": "one less than the processors of the machine, from 1 to 4"},
    )
    max_file_size: ByteSize = Field(
        ByteSize(1 << 30),
        ge=1,
        description='The largest file that is taken into the gallery, such as "500MB" or "1GiB"; '
        "a larger one is listed as refused.",
        json_schema_extra={"default": "1GiB"},
    )
    frontend_url: Annotated[tuple[str, ...], BeforeValidator(_origins)] = Field(
        (),
        description="Origins of web pages that may call this server, separated by commas. "
        "Empty: no web page may.",
        json_schema_extra={"default": "empty"},
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Word] = Field(
        "info", description="How much goes to the logs: debug, info, warning or error."
    )
    sign_in_rate: Rate = Field(
        "30/minute", description="How often a person or an address may try to sign in; 429 beyond it."
    )
    picture_rate: Rate = Field(
        "200/second;6000/minute", description="How many pictures a person may ask for; 429 beyond it."
    )

    @classmethod
    def load(cls, environment: Mapping[str, str], *, data_dir: Path | None = None) -> Self:
        """Read the settings from environment variables; an empty one counts as not set.

        Raises SettingsWrong that lists everything that is wrong, without the values.
        """
        chosen: dict[str, Any] = {
            field: environment[field.upper()]
            for field in cls.model_fields
            if environment.get(field.upper(), "").strip()
        }
        if data_dir is not None:
            chosen["data_dir"] = data_dir
        wrong = [_unknown(name) for name in sorted(environment) if name.startswith(PREFIX)]
        try:
            settings = cls(**chosen)
        except ValidationError as error:
            wrong += [
                f"{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors(include_input=False, include_url=False, include_context=False)
            ]
        if wrong:
            raise SettingsWrong("; ".join(wrong))
        return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute()})


def _unknown(name: str) -> str:
    plain = name.removeprefix(PREFIX)
    if plain.lower() in Settings.model_fields:
        return f"{name}: settings have no prefix, write {plain}"
    return f"{name}: there is no such setting"


def table() -> str:
    """Return docs/settings.md."""
    rows = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        default = extra["default"] if isinstance(extra, dict) else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return _PAGE.format(prefix=PREFIX, rows="\n".join(rows))


_PAGE = """\
# Settings

The server needs none of these: every one has a default. They are environment variables, read once at the
start. An empty variable counts as not set. A value that can't be used, or a variable that begins with
`{prefix}` and is none of these, stops the start with a list of everything that is wrong.

| variable | default | meaning |
|---|---|---|
{rows}
"""
