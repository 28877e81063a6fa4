"""How the server has done since its start, in the words of the activity page."""

from collections.abc import Mapping

from desktop.admin.wording import count, duration, plural
from desktop.client.records import ServerFigures

DELIVERED, RESPONSES, ERRORS, VIOLATIONS, RUN = SERVER_FACTS = (
    "Pictures delivered",
    "Responses",
    "Errors of clients",
    "Captures, 7 days",
    "Running",
)
_NAMED_KINDS = 3


def server_facts(server: ServerFigures, kinds: Mapping[str, int]) -> dict[str, str]:
    """Return the words of each fact."""
    return {
        DELIVERED: _delivered(server),
        RESPONSES: _responses(server),
        ERRORS: _errors(server),
        VIOLATIONS: _violations(kinds),
        RUN: f"{duration(server.uptime_s)} · {plural(server.restarts, 'restart')}",
    }


def _delivered(server: ServerFigures) -> str:
    if server.picture_success is None:
        return "none was asked for"
    # Rounded down: 100 % is said where every one was delivered.
    share = int(server.picture_success * 1000) / 10
    return f"{share:g} % of {count(server.pictures_asked)}"


def _responses(server: ServerFigures) -> str:
    named = (
        ("p50", server.response_p50_ms),
        ("p95", server.response_p95_ms),
        ("p99", server.response_p99_ms),
    )
    return " · ".join(f"{name} {value:.0f}\u00a0ms" for name, value in named if value is not None) or "–"


def _errors(server: ServerFigures) -> str:
    if not server.client_errors:
        return "none"
    return f"{count(server.client_errors)} · {server.client_errors_per_hour:.1f} an hour"


def _violations(kinds: Mapping[str, int]) -> str:
    if not kinds:
        return "none"
    ordered = sorted(kinds.items(), key=lambda item: -item[1])
    words = [f"{kind.replace('_', ' ')} {count(number)}" for kind, number in ordered[:_NAMED_KINDS]]
    rest = sum(number for _, number in ordered[_NAMED_KINDS:])
    return " · ".join([*words, *([f"{count(rest)} more"] if rest else [])])
