"""Interactions a second over `/ws`, against a bare executemany into SQLite in the same run.

`python -m tests.bench.bench_records` prints both for 1, 20 and 200 connections; it passes or fails nothing.
"""

import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from tests.support.people import add_people
from tests.support.recordings import items
from tests.support.server import Server, running

# A connection's allowance lets so many through at once before it is slowed down.
AT_ONCE = 4000
FRAME = 50


def bare(folder: Path, count: int) -> float:
    """Insert rows of the same shape in transactions of 500; return rows a second."""
    now = datetime.now(UTC).isoformat()
    rows = [("r" * 32, n, now, "zoomed", "a" * 32, None, None, 1.5, True, None) for n in range(count)]
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=NORMAL")
        raw.execute(
            "CREATE TABLE i (recording_id, sequence, time, kind, picture_id, region, modifiers, offset_ms,"
            " visible, context, PRIMARY KEY (recording_id, sequence))"
        )
        began = time.perf_counter()
        for first in range(0, count, 500):
            raw.execute("BEGIN IMMEDIATE")
            raw.executemany("INSERT INTO i VALUES (?,?,?,?,?,?,?,?,?,?)", rows[first : first + 500])
            raw.execute("COMMIT")
        return count / (time.perf_counter() - began)


async def told(socket: ClientConnection, kind: str) -> dict[str, object]:
    """Return the next frame of a type."""
    while True:
        frame: dict[str, object] = json.loads(await socket.recv())
        if frame["type"] == kind:
            return frame


async def stream(socket: ClientConnection, frames: list[str], last: int) -> None:
    """Send all frames and wait until the last is acknowledged."""
    await told(socket, "session_started")

    async def send() -> None:
        for frame in frames:
            await socket.send(frame)

    sending = asyncio.create_task(send())
    while (await told(socket, "acknowledged"))["sequence"] != last:
        pass
    await sending


async def paced(socket: ClientConnection, count: int, waits: list[float]) -> None:
    """Send one interaction at a time, as a desktop does; note how long each waits for its acknowledgement."""
    await told(socket, "session_started")
    for number in range(1, count + 1):
        began = time.perf_counter()
        await socket.send(json.dumps({"type": "interaction_data", "items": items(number, number)}))
        await told(socket, "acknowledged")
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.2)


async def opened(server: Server, token: str) -> ClientConnection:
    """Open a connection and begin a recording on it."""
    headers = {"X-Launch-Secret": server.secret}
    socket = await connect(
        f"ws://127.0.0.1:{server.port}/ws", additional_headers=headers, proxy=None, compression=None
    )
    await socket.send(json.dumps({"type": "authenticate", "access_token": token}))
    await told(socket, "authentication_success")
    await socket.send(json.dumps({"type": "session_start"}))
    return socket


async def rate(server: Server, tokens: list[str], each: int) -> float:
    """Return interactions a second over so many connections."""
    frames = [
        json.dumps({"type": "interaction_data", "items": items(first, first + FRAME - 1)})
        for first in range(1, each + 1, FRAME)
    ]
    sockets = [await opened(server, token) for token in tokens]
    began = time.perf_counter()
    await asyncio.gather(*(stream(socket, frames, each) for socket in sockets))
    seconds = time.perf_counter() - began
    await asyncio.gather(*(socket.close() for socket in sockets))
    return len(tokens) * each / seconds


async def waits_of(server: Server, tokens: list[str]) -> list[float]:
    """Return how long single interactions of many connections wait for their acknowledgement."""
    sockets = [await opened(server, token) for token in tokens]
    waits: list[float] = []
    await asyncio.gather(*(paced(socket, 10, waits) for socket in sockets))
    await asyncio.gather(*(socket.close() for socket in sockets))
    return waits


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        limit = bare(root, 20_000)
        print(f"bare executemany into SQLite: {limit:,.0f} rows/s")
        add_people(root / "data")
        with running(root / "data") as server:
            for connections in (1, 20, 200):
                # At most eight recordings of one viewing session are open at a time.
                signed_in = [
                    server.signed_in("viewer").session["access_token"] for _ in range(-(-connections // 4))
                ]
                tokens = [signed_in[n // 4] for n in range(connections)]
                each = min(AT_ONCE, 40_000 // connections)
                got = asyncio.run(rate(server, tokens, each))
                waits = asyncio.run(waits_of(server, tokens))
                p50, p95 = statistics.median(waits), statistics.quantiles(waits, n=20)[-1]
                print(
                    f"{connections:4} connections: {got:,.0f} interactions/s ({got / limit:.1%} of it); "
                    f"one at a time is acknowledged in {p50 * 1000:.0f} ms (p95 {p95 * 1000:.0f} ms)"
                )
        bare_again = bare(root / "data", 20_000)
        print(f"bare executemany once more: {bare_again:,.0f} rows/s")


if __name__ == "__main__":
    main()
