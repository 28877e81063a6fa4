"""The libraries without which the server cannot start, and the oldest version of each that will do.

Read with the standard library alone: the doctor must be able to say what is missing. A test compares it with
pyproject.toml.
"""

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

OLDEST_PYTHON: Final = (3, 11)
NEWEST_PYTHON: Final = (3, 13)

REQUIREMENTS: Final[Mapping[str, str]] = {
    "alembic": "1.14",
    "anyio": "4.6",
    "argon2-cffi": "23.1",
    "cryptography": "44",
    "fastapi": "0.115",
    "huey": "2.5",
    "keyring": "25.5",
    "limits": "4.0",
    "numpy": "2.0",
    "obstore": "0.9",
    "pillow": "11.3",
    "pillow-heif": "0.21",
    "platformdirs": "4.3",
    "prometheus-client": "0.22",
    "psutil": "6.1",
    "psycopg": "3.2",
    "pydantic": "2.10",
    "pyjwt": "2.10",
    "pyotp": "2.9",
    "pypdfium2": "5.0",
    "python-multipart": "0.0.20",
    "redis": "6.4",
    "sqlalchemy": "2.0.36",
    "starlette": "0.45",
    "structlog": "24.4",
    "uvicorn": "0.32",
    "watchdog": "6.0",
    "websockets": "14.1",
}

# What each of them is imported as.
MODULES: Final = (
    "alembic",
    "anyio",
    "argon2",
    "cryptography",
    "fastapi",
    "huey",
    "keyring",
    "limits",
    "numpy",
    "obstore",
    "PIL",
    "pillow_heif",
    "platformdirs",
    "prometheus_client",
    "psutil",
    "psycopg",
    "pydantic",
    "jwt",
    "pyotp",
    "pypdfium2",
    "python_multipart",
    "redis",
    "sqlalchemy",
    "starlette",
    "structlog",
    "uvicorn",
    "watchdog",
    "websockets",
)


def faults() -> list[str]:
    """Return a sentence for each library that is missing or too old."""
    found = []
    for name, oldest in REQUIREMENTS.items():
        try:
            here = version(name)
        except PackageNotFoundError:
            found.append(f"{name} is missing")
            continue
        if _numbers(here) < _numbers(oldest):
            found.append(f"{name} is {here}, but {oldest} or newer is needed")
    return found


def _numbers(written: str) -> tuple[int, ...]:
    """Return the leading numbers of a version, without the zeros at its end."""
    found = re.match(r"\d+(?:\.\d+)*", written)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
