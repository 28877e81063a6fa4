"""Start the real server as a child through its hand-shake, and speak to it as the desktop does."""

import contextlib
import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
MACHINE = {"id": "test-machine", "name": "test machine", "client": "desktop"}
PASSWORD = "seven wet geese in a row"
ROLES = ("admin", "manager", "viewer", "kiosk", "auditor")

# The rates of production would slow the tests down; the tests of rates set their own.
QUICK = {"SIGN_IN_RATE": "10000/minute", "PICTURE_RATE": "10000/second"}


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of a child: nothing of ours, no key store, a home of its own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TMPDIR": tempfile.gettempdir(),
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONWARNINGS": "error::ResourceWarning",
        **QUICK,
        **(more or {}),
    }


def command(*arguments: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the server's command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "local_server", *arguments],
        env=environment(home, more),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def claim(level: str, beats: int = 1, **more: Any) -> dict[str, Any]:
    """Return what a desktop says of a guard that lives."""
    return {"holds": level, "reason": "", "sentinel": {"id": "5e" * 16, "beats": beats}, **more}


class Client(httpx.Client):
    """An HTTP client with the launch secret, and the tokens of who signed in through it."""

    session: dict[str, Any]

    def sign_in(self, name: str, password: str = PASSWORD) -> Self:
        """Sign in and send the access token from now on."""
        answer = self.post("/session", json={"name": name, "password": password, "machine": MACHINE})
        assert answer.status_code == 201, answer.text
        self.carry(answer.json())
        return self.holding() if self.session["account"]["role"] != "auditor" else self

    def holding(self, level: str = "sealed") -> Self:
        """Say that this machine holds a level, as a desktop with a live guard does."""
        if self.session["refresh_token"]:
            answer = self.put("/session/protection", json=claim(level))
            assert answer.status_code == 200, answer.text
        return self

    def carry(self, session: dict[str, Any]) -> Self:
        """Use the tokens of an answer that has them."""
        self.session = session
        self.headers["Authorization"] = f"Bearer {session['access_token']}"
        return self


class Server:
    """One running server and everything that was opened to it."""

    def __init__(
        self,
        data: Path,
        process: subprocess.Popen[str],
        events: "queue.Queue[dict[str, Any]]",
        reader: threading.Thread,
        secret: str,
        port: int,
    ) -> None:
        self.data = data
        self.process = process
        self.events = events
        self.secret = secret
        self.port = port
        self._reader = reader
        self._clients: list[httpx.Client] = []

    def client(self, *, secret: bool = True, root: str = "/api") -> Client:
        """Return a client that nobody has signed in through."""
        headers = {"X-Launch-Secret": self.secret} if secret else {}
        client = Client(base_url=f"http://127.0.0.1:{self.port}{root}", headers=headers, timeout=30)
        self._clients.append(client)
        return client

    def signed_in(self, name: str, password: str = PASSWORD) -> Client:
        """Return a client of a person; the accounts of `with_people` are named after their roles."""
        return self.client().sign_in(name, password)

    def logs(self) -> str:
        """Return everything that all logs hold."""
        return "".join(path.read_text() for path in sorted((self.data / "logs").glob("*.log*")))

    def bugs(self) -> list[dict[str, Any]]:
        """Return the reports of bugs in the logs."""
        lines = (self.data / "logs" / "error.log").read_text().splitlines()
        return [entry for entry in map(json.loads, lines) if entry["event"] in ("bug", "crash")]

    def stop(self) -> int:
        """Close standard input, as a parent that dies does, and see that nothing is left."""
        for client in self._clients:
            client.close()
        family = _family(self.process)
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._reader.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        _, alive = psutil.wait_procs(family, 10)
        for process in alive:
            process.kill()
        assert not alive, f"left running: {alive}"
        return status


def launch(data: Path, *, secret: str | None = None, **more: str) -> tuple[Server | None, dict[str, Any]]:
    """Start a server and return it with its first word, or None with the word that it failed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", "serve", "--data-dir", str(data), "--embedded"],
        env=environment(data.parent, more),
        cwd=data.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    events: queue.Queue[dict[str, Any]] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            events.put(json.loads(line))
        events.put({"event": "end"})

    reader = threading.Thread(target=read, name="hand-shake", daemon=True)
    reader.start()
    assert process.stdin is not None
    launch_secret = secret or secrets.token_urlsafe(32)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps({"launch_secret": launch_secret}) + "\n")
        process.stdin.flush()
    word = events.get(timeout=60)
    server = Server(data, process, events, reader, launch_secret, int(word.get("port", 0)))
    if word["event"] == "ready":
        return server, word
    word["exit"] = server.stop()
    return None, word


@contextlib.contextmanager
def running(data: Path, **more: str) -> Iterator[Server]:
    """Run a server for the length of a block; fail when it reports a bug or leaves something behind."""
    server, word = launch(data, **more)
    assert server is not None, word
    try:
        yield server
    finally:
        status = server.stop()
    assert not server.bugs()
    assert status == 0, f"exit status {status}"


def _family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
