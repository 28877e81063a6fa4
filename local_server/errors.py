"""The two families of expected failure; anything else is a bug and crashes loudly."""

from typing import ClassVar


class Failure(Exception):
    """Carry what a caller needs to answer: a stable code, a sentence, and what to do next.

    Raise one of the two families below, or a subclass with its own class attributes; the code must be listed
    in `resources/contract/errors.json`.
    """

    code: ClassVar[str] = "failure"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something failed"
    advice: ClassVar[str] = "Run `vaultsecure-server doctor`."

    def __init__(self, detail: str = "", **facts: str | float | None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


class Rejection(Failure):
    """The asker can mend it (HTTP 4xx, exit code 2)."""

    status = 400


class Outage(Failure):
    """The world is broken and may recover (HTTP 503, exit code 3)."""

    status = 503
