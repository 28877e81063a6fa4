"""Safe mode: nothing is reached but what explains the server, and the sign-in of who is to read that."""

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from local_server.errors import Outage
from local_server.web.doorway import refuse

_API: Final = r"/api(?:/v1)?"
_OPEN: Final = re.compile(
    rf"GET (?:/health|/metrics|{_API}/(?:test|health|debug|session))"
    rf"|DELETE {_API}/session"
    rf"|POST {_API}/session(?:/refresh|/second-factor)?"
)


class RunsInSafeMode(Outage):
    """The server was started with --safe and serves its diagnosis alone."""

    code = "safe_mode"
    title = "This server runs in safe mode"
    advice = "Read GET /api/debug as an admin, mend what it names, and start the server without --safe."


class SafeMode:
    """ASGI middleware that refuses all other routes, and every WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = f"{scope.get('method')} {scope.get('path')}"
        if scope["type"] == "lifespan" or (scope["type"] == "http" and _OPEN.fullmatch(asked)):
            await self._app(scope, receive, send)
        else:
            await refuse(RunsInSafeMode(), scope, receive, send)
