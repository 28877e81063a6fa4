"""The outermost layer: a request id, the security headers, a log line a request, the report of a bug."""

import time
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local_server.web.errors import InternalError
from local_server.web.problems import answer

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
}
_log = structlog.get_logger("web.access")


class Envelope:
    """Wrap every request, also those that are refused further in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        started = time.perf_counter()

        async def sealed(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, sealed)
            except Exception:  # noqa: BLE001  a bug: it is reported whole, and the asker still gets an answer
                _log.exception("bug", method=scope.get("method"), path=scope["path"])
                if not status and scope["type"] == "http":
                    await answer(InternalError(), scope)(scope, receive, sealed)
            _log.info(
                "request",
                method=scope.get("method", "WEBSOCKET"),
                path=scope["path"],
                address=(scope.get("client") or ("",))[0],
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
