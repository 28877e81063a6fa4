"""The real server without a parent program, as an operator starts it: no secret, words on a terminal."""

import contextlib
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.support.server import Client, environment


class Alone:
    """One such server, and what it prints."""

    def __init__(self, address: str, lines: "queue.Queue[str]") -> None:
        self.address = address
        self._lines = lines

    def client(self) -> Client:
        """Return a client that nobody has signed in through; close it."""
        return Client(base_url=f"{self.address}/api", timeout=30)

    def next_line(self) -> str:
        """Return the next line that it prints, waiting for it."""
        return self._lines.get(timeout=60)


@contextlib.contextmanager
def alone(data: Path, *arguments: str, **settings: str) -> Iterator[Alone]:
    """Run `vaultsecure-server serve` for the length of a block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", "serve", "--data-dir", str(data), *arguments],
        env=environment(data.parent, settings),
        cwd=data.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)

    reader = threading.Thread(target=read, name="terminal", daemon=True)
    reader.start()
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+", lines.get(timeout=60))
        assert address is not None
        yield Alone(address[0], lines)
    finally:
        process.terminate()
        status = process.wait(30)
        reader.join(10)
        if process.stdout is not None:
            process.stdout.close()
    assert status == 0
