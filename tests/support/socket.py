"""A WebSocket to the live events, as a client that misbehaves can speak it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.server import Server

WITHIN = 10.0


class Socket:
    """One connection; every wait has an end."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, frame: object) -> None:
        """Send a frame as JSON."""
        self.connection.send(json.dumps(frame))

    def hear(self) -> dict[str, Any]:
        """Return the next frame."""
        frame = json.loads(self.connection.recv(timeout=WITHIN))
        assert isinstance(frame, dict)
        return frame

    def hear_event(self, kind: str) -> dict[str, Any]:
        """Return the next event of a kind; others may come before it."""
        while (frame := self.hear())["kind"] != kind:
            pass
        return frame

    def closed(self) -> tuple[int, str]:
        """Return the code and reason with which the server closes, whatever it says before."""
        with pytest.raises(ConnectionClosed) as closed:
            self._hear_out()
        frame = closed.value.rcvd
        assert frame is not None
        return frame.code, frame.reason

    def _hear_out(self) -> None:
        while True:
            self.connection.recv(timeout=WITHIN)


@contextmanager
def opened(server: Server) -> Iterator[Socket]:
    """Open a connection that has not said anything yet."""
    headers = {"X-Launch-Secret": server.secret}
    with connect(f"ws://127.0.0.1:{server.port}/ws", additional_headers=headers, proxy=None) as connection:
        yield Socket(connection)


@contextmanager
def listening(
    server: Server, access_token: str, resume: int | None = None
) -> Iterator[tuple[Socket, dict[str, Any]]]:
    """Open a connection and authenticate; gives the socket and the server's greeting."""
    with opened(server) as socket:
        socket.send({"type": "authenticate", "access_token": access_token, "resume": resume})
        yield socket, socket.hear()
