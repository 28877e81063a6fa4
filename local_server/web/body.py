"""The limit on the size of request bodies, kept whether or not the sender says how long its body is."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local_server.web.doorway import refuse
from local_server.web.errors import BodyTooLarge

# The largest body of the interface is a violation report with its evidence picture (64 KiB, base64).
MAX_BODY: Final = 1 << 20


class _Overrun(Exception):
    """The body went over the limit while it was read."""


class BodyLimit:
    """Answer 413 to a body over the limit, before or while it comes."""

    def __init__(
        self, app: ASGIApp, *, limit: int = MAX_BODY, larger: Mapping[tuple[str, str], int] | None = None
    ) -> None:
        """Limit every body; `larger` has other limits for a method and a path."""
        self._app = app
        self._limit = limit
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get((scope["method"], scope["path"]), self._limit)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit:
            await refuse(BodyTooLarge(limit=limit), scope, receive, send)
            return
        taken = 0
        overrun = False
        answered = False

        async def counted() -> Message:
            nonlocal taken, overrun
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    overrun = True
                    raise _Overrun
            return message

        async def noted(message: Message) -> None:
            nonlocal answered
            # What the application makes of the broken body is not sent: the answer is ours.
            if overrun and not answered:
                return
            answered = True
            await send(message)

        with suppress(_Overrun):
            await self._app(scope, counted, noted)
        if overrun and not answered:
            await refuse(BodyTooLarge(limit=limit), scope, receive, send)
