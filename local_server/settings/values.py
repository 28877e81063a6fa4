"""How the text of a variable becomes a setting's value, and what is wrong with it if it can't."""

import ipaddress
from typing import Annotated, Final
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import BeforeValidator, ByteSize, SecretStr, TypeAdapter, ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

_SIZE: Final = TypeAdapter(ByteSize)


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


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


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(str(ipaddress.ip_network(part.strip())) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas") from None


def _size(value: object) -> object:
    if isinstance(value, str):
        try:
            return _SIZE.validate_python(value)
        except ValidationError:
            raise ValueError('must be a size such as "500MB" or "1GiB"') from None
    return value


def _rate(value: object) -> object:
    if isinstance(value, str):
        try:
            parse_many(value)
        except ValueError:
            raise ValueError('must be a rate such as "30/minute", several separated by ";"') from None
    return value


def _database(value: object) -> object:
    if isinstance(value, str):
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):
            raise ValueError("must be such as postgresql://user:password@host/database") from None
        if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
            raise ValueError("must be such as postgresql://user:password@host/database")
    return value


def _redis(value: object) -> object:
    if isinstance(value, str) and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must be such as redis://:password@host:6379/0, or begin with rediss:// or unix://")
    return value


def _clamd(value: object) -> object:
    if isinstance(value, str):
        parts = urlsplit(value)
        try:
            tcp = parts.scheme == "tcp" and parts.hostname and parts.port
        except ValueError:
            tcp = False
        if not tcp and not (parts.scheme == "unix" and parts.path.startswith("/")):
            raise ValueError("must be such as tcp://host:3310 or unix:///run/clamav/clamd.ctl")
    return value


def _issuer(value: object) -> object:
    if isinstance(value, str):
        parts = urlsplit(value)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("must be an address such as https://accounts.example")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("must begin with https://")
        return value.rstrip("/")
    return value


def _host(value: object) -> object:
    if isinstance(value, str) and ("/" in value or ":" in value):
        raise ValueError("must be a host's name or address alone; port and TLS have settings of their own")
    return value


Word = BeforeValidator(_lowered)
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Origins = Annotated[tuple[str, ...], BeforeValidator(_origins)]
Networks = Annotated[tuple[str, ...], BeforeValidator(_networks)]
Size = Annotated[ByteSize, BeforeValidator(_size)]
Rate = Annotated[str, BeforeValidator(_rate)]
Host = Annotated[str, BeforeValidator(_host)]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database)]
RedisUrl = Annotated[SecretStr, BeforeValidator(_redis)]
ClamdUrl = Annotated[str, BeforeValidator(_clamd)]
Issuer = Annotated[str, BeforeValidator(_issuer)]
