"""Who may knock: the launch secret, the Host and the Origin of every HTTP request and WebSocket."""

import hashlib
import hmac
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from local_server.errors import Failure
from local_server.web.errors import ForeignHost, ForeignOrigin, NotFound, RequestInvalid
from local_server.web.problems import answer

LAUNCH_SECRET: Final = "X-Launch-Secret"  # noqa: S105  the name of the header, no secret


class Doorway:
    """Refuse what does not come from the program that started this server, or from an allowed web page."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int,
        hosts: Collection[str],
        launch_secret: str | None,
        origins: Collection[str],
    ) -> None:
        self._app = app
        own = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._hosts = own | {host.lower() for host in hosts}
        self._secret = None if launch_secret is None else _digest(launch_secret)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            refusal = self._refusal(Headers(scope=scope)) or _unreadable(scope)
            if refusal is not None:
                await refuse(refusal, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> Failure | None:
        # Without the secret nothing is said, not even that this is the gallery's server.
        if self._secret is not None and not hmac.compare_digest(
            self._secret, _digest(headers.get(LAUNCH_SECRET, ""))
        ):
            return NotFound()
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return ForeignHost()
        for origin in headers.getlist("origin"):
            if origin not in self._origins:
                return ForeignOrigin()
        return None


def _unreadable(scope: Scope) -> Failure | None:
    """Refuse a NUL in an address: no name holds one, and databases take it in different ways."""
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        return RequestInvalid("An address can't hold a NUL character.")
    return None


async def refuse(failure: Failure, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a problem document; a WebSocket gets it in place of the upgrade."""
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        await receive()  # websocket.connect
    await answer(failure, scope)(scope, receive, send)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
