"""Signing in through an organisation, in the browser of this machine; on the io thread."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from desktop.client.answers import Model
from desktop.client.callback import PATIENCE, listening
from desktop.client.errors import ServerRejection, UnexpectedAnswer
from desktop.client.models import SignedIn
from desktop.client.session import Session
from desktop.client.transport import Transport, read_json

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Organisation(Model):
    """GET /session/organisation: whether there is one, and what it is called."""

    configured: bool
    name: str | None


async def offered(transport: Transport) -> str | None:
    """Ask what the organisation is called whose people may sign in; None without one."""
    try:
        answer = read_json(await transport.request("GET", "/api/session/organisation"))
    except ServerRejection as rejection:
        if rejection.status == 404:
            return None  # a server that knows nothing of it
        raise
    found = Organisation.read(answer)
    return (found.name or "your organisation") if found.configured else None


async def sign_in(
    transport: Transport, session: Session, show: Callable[[str], None], patience: float = PATIENCE
) -> SignedIn:
    """Let somebody sign in in the browser that `show` opens on an address, and take over its answer."""
    async with listening() as callback:
        started = await session.start_organisation(callback.redirect_uri)
        if not may_be_shown(started.authorisation_url):
            raise UnexpectedAnswer(
                "unexpected_answer",
                "The server names an address that no browser should open.",
                "Ask whoever keeps this gallery to check its organisation sign-in.",
            )
        show(started.authorisation_url)
        code = await callback.code(started.state, patience)
    return await session.finish_organisation(started.state, code, started.ticket)


def may_be_shown(url: str) -> bool:
    """Say whether a browser may be sent there: over TLS, or to this very machine, and nothing but the web."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc
    return plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
