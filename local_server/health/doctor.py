"""The doctor: looks at an installation without a server, and says in sentences what is wrong and what to do.

It must run when a library is missing or the catalogue is damaged: each examination imports what it needs
itself, and one that crashes is a finding, not the end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Verdict(StrEnum):
    """What an examination comes to; only a problem stops the server."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one thing, and what to do about it."""

    check: str
    status: Verdict
    sentence: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: a data directory, and the settings that a server would be started with."""

    root: Path
    environment: Mapping[str, str]

    @property
    def elsewhere(self) -> bool:
        """Whether the catalogue lies in a database server, and not in the data directory."""
        return any(self.environment.get(name, "").strip() for name in ("DATABASE_URL", "DATABASE_URL_FILE"))


Examination = Callable[[Patient], Iterator[Finding]]


def examine(patient: Patient, examinations: Sequence[tuple[str, Examination]]) -> Iterator[Finding]:
    """Yield what each examination finds, in order."""
    for name, examination in examinations:
        try:
            yield from examination(patient)
        except ImportError as error:
            yield Finding(
                name,
                Verdict.PROBLEM,
                f"It could not be looked at: the library {error.name or error} cannot be loaded.",
                "Install the program again; from a checkout, `make setup` does it.",
            )
        except PermissionError as error:
            yield Finding(
                name,
                Verdict.PROBLEM,
                f"It could not be looked at: {error.filename}: {error.strerror}.",
                "Give your user read and write access to the data directory and all that it holds.",
            )
        except Exception as error:  # noqa: BLE001  (a doctor that crashes explains nothing)
            yield Finding(
                name,
                Verdict.PROBLEM,
                f"It could not be looked at: {type(error).__name__}: {error}",
                "Report this as a bug, with this line.",
            )
