"""What can go wrong between desktop and server, in two families: what the asker can mend, and outages."""

from collections.abc import Mapping
from typing import Any


class Failure(Exception):
    """Anything that a page must be able to show: a code, a sentence, and what to do next."""

    def __init__(
        self,
        code: str,
        message: str,
        advice: str,
        *,
        status: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.advice = advice
        self.status = status
        self.facts: Mapping[str, Any] = facts or {}

    @property
    def retry_after(self) -> float | None:
        """Seconds until another try makes sense, where the server said so."""
        value = self.facts.get("retry_after")
        return float(value) if isinstance(value, int | float) else None


class Rejection(Failure):
    """The asker can mend it."""


class Outage(Failure):
    """The world is broken and may recover."""


class ServerRejection(Rejection):
    """The server understood and refused (HTTP 4xx)."""


class SessionEnded(ServerRejection):
    """Nobody is signed in (any more): the way on is the sign-in page."""


class ServerOutage(Outage):
    """The server answered that it cannot serve now (HTTP 5xx)."""


class ServerUnreachable(Outage):
    """No answer: the server is starting, restarting or gone."""


class UnexpectedAnswer(Outage):
    """Something answered, but not in the server's language."""


class KeyStoreAbsent(Outage):
    """The operating system offers no store for secrets, so nothing is kept."""


SESSION_CODES = frozenset(
    {"token_missing", "token_invalid", "token_expired", "session_ended", "token_reused"}
)


def from_problem(status: int, problem: Mapping[str, Any]) -> Failure:
    """Build the failure that an RFC 9457 problem document of the server describes."""
    code = str(problem.get("code") or f"http_{status}")
    message = _sentence(str(problem.get("detail") or problem.get("title") or f"The server answered {status}"))
    advice = str(
        problem.get("advice") or "Try again; if it happens again, open Settings and look at the health facts."
    )
    family: type[Failure]
    if status >= 500:
        family = ServerOutage
    elif code in SESSION_CODES:
        family = SessionEnded
    else:
        family = ServerRejection
    known = {"type", "title", "status", "detail", "code", "advice"}
    facts = {name: value for name, value in problem.items() if name not in known}
    return family(code, message, advice, status=status, facts=facts)


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def unreachable(why: str) -> ServerUnreachable:
    """Say that no server answers."""
    return ServerUnreachable(
        "server_unreachable",
        f"The server does not answer: {why}.",
        "Wait a moment: it is restarted by itself. If it stays away, quit and start the program again.",
    )
