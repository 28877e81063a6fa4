"""Hears one browser coming back from a sign-in, on this machine alone; on the io thread."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from desktop.client.errors import Rejection

PATIENCE = 300.0
REQUEST_WITHIN = 5.0
LONGEST_REQUEST = 16_384
AT_ONCE = 16
PATH = "/callback"
_HEAD = (
    "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n"
    "Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'\r\n"
    "Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
)
_PAGE = "<!doctype html><html lang=en><title>VaultSecure Gallery</title><p>{words}</p></html>\n"
# The same words whatever came: nothing of a request is ever written back.
_THANKS = _PAGE.format(words="You can close this window and go back to VaultSecure Gallery.").encode()
_NOTHING = _PAGE.format(words="There is nothing here.").encode()


class Callback:
    """Waits at a loopback address that only the provider's redirect of one sign-in leads to."""

    def __init__(self) -> None:
        self._state: str | None = None
        self._host = ""
        self._code: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._open = 0
        self.redirect_uri = ""

    async def code(self, state: str, patience: float = PATIENCE) -> str:
        """Wait for the browser and return its code; raises `Rejection` when nobody signs in."""
        self._state = state
        try:
            async with asyncio.timeout(patience):
                return await self._code
        except TimeoutError:
            raise Rejection(
                "organisation_timeout",
                "Nobody signed in in the browser.",
                "Try again, and sign in within five minutes.",
            ) from None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection, which may be any program's."""
        self._open += 1
        try:
            if self._open <= AT_ONCE:
                async with asyncio.timeout(REQUEST_WITHIN):
                    head = await reader.readuntil(b"\r\n\r\n")
                    taken = self._take(head.decode("latin-1"))
                    content = _THANKS if taken else _NOTHING
                    status = "200 OK" if taken else "404 Not Found"
                    writer.write(_HEAD.format(status=status, length=len(content)).encode() + content)
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return  # no request of a browser: it is let go
        finally:
            self._open -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def begin(self, port: int) -> None:
        """Note the port that is listened on."""
        self._host = f"127.0.0.1:{port}"
        self.redirect_uri = f"http://{self._host}{PATH}"

    def stop(self) -> None:
        """Wait no longer."""
        self._code.cancel()

    def _take(self, head: str) -> bool:
        """Say whether this is the one request that is waited for."""
        line, *fields = head.split("\r\n")
        method, _, rest = line.partition(" ")
        target, _, version = rest.partition(" ")
        hosts = [field[5:].strip() for field in fields if field[:5].lower() == "host:"]
        if method != "GET" or not version.startswith("HTTP/1.") or hosts != [self._host]:
            return False
        parts = urlsplit(target)
        if parts.path != PATH or parts.netloc or self._state is None or self._code.done():
            return False
        found = parse_qs(parts.query, keep_blank_values=True)
        state, code, error = (found.get(name, []) for name in ("state", "code", "error"))
        if len(state) != 1 or not hmac.compare_digest(state[0].encode(), self._state.encode()):
            return False
        if len(code) == 1 and not error and 0 < len(code[0]) <= 4096:
            self._code.set_result(code[0])
        else:
            self._code.set_exception(_refused(error[0] if error else ""))
        return True


@asynccontextmanager
async def listening() -> AsyncIterator[Callback]:
    """Listen on a free port of this machine for the length of a block."""
    callback = Callback()
    server = await asyncio.start_server(callback.serve, "127.0.0.1", 0, limit=LONGEST_REQUEST)
    callback.begin(server.sockets[0].getsockname()[1])
    try:
        yield callback
    finally:
        server.close()
        callback.stop()
        await server.wait_closed()


def _refused(error: str) -> Rejection:
    if error == "access_denied":
        return Rejection(
            "organisation_denied", "You did not sign in, or were not let in.", "Try again, or ask there."
        )
    return Rejection(
        "organisation_failed",
        "Your organisation's sign-in failed.",
        "Try again; if it happens again, ask whoever keeps this gallery.",
    )
