"""Decodes a file in a process of its own, so that a bad file costs one child and gets a definite answer."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final, Protocol, TypeVar

import local_server
from local_server.errors import Outage
from local_server.imaging.answer import Garbled, read_decoded, read_pixels, read_tiles
from local_server.imaging.limits import LARGEST_ANSWER, Limits
from local_server.imaging.models import Decoded, Pixels, Refused

T = TypeVar("T")

_TIMED_OUT: Final = Refused(
    "took_too_long", "Decoding the picture takes longer than one file is given; it may be made to do so."
)
_CRASHED: Final = Refused(
    "crashed_decoder", "The picture made its decoder crash; the file is damaged or malicious."
)
_KILLED_FOR_MEMORY: Final = Refused(
    "too_much_memory", "Decoding the picture needs more memory than one file is given."
)
_GRACE_SECONDS: Final = 10


class DecoderGone(Outage):
    """The process that starts the decoding children does not answer."""

    code = "decoder_gone"
    title = "The picture decoder stopped"
    advice = "It is started again by itself. If this repeats, see whether this machine is short of memory."


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: its exit status (negative: a signal) and what it used."""

    exit: int
    timed_out: bool
    cpu_seconds: float
    peak_bytes: int


class Children(Protocol):
    """A way of running one task on one file in a process of its own."""

    def run(self, task: str, source: int, sink: int) -> Ending: ...

    def close(self) -> None: ...


class ForkedChildren:
    """Linux: a fork server of its own, started at first need and again whenever it dies."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def run(self, task: str, source: int, sink: int) -> Ending:
        """Run one task in a fresh fork; raise DecoderGone when the fork server itself fails."""
        connection = self._connected()
        try:
            request = json.dumps({"task": task, "limits": asdict(self._limits)})
            socket.send_fds(connection, [request.encode()], [source, sink])
            reply = connection.recv(4096)
        except OSError as error:
            self.close()
            raise DecoderGone(f"the fork server failed: {error}") from error
        if not reply:
            self.close()
            raise DecoderGone("the fork server exited")
        return Ending(**json.loads(reply))

    def close(self) -> None:
        """Let the fork server end, and any child with it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            try:
                self._process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _connected(self) -> socket.socket:
        if self._connection is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    [*_INTERPRETER, "local_server.imaging.fork_server", str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            ours.settimeout(self._limits.wall_seconds + _GRACE_SECONDS)
            self._connection = ours
        return self._connection


class SpawnedChildren:
    """Elsewhere: a new interpreter a file, with the wall clock as its only limit; slower, but as definite."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def run(self, task: str, source: int, sink: int) -> Ending:
        """Run one task in a fresh interpreter."""
        try:
            ended = subprocess.run(
                [*_INTERPRETER, "local_server.imaging.child", task],
                stdin=source,
                stdout=sink,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                timeout=self._limits.wall_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ending(-signal.SIGTERM, True, 0.0, 0)
        return Ending(ended.returncode, False, 0.0, 0)

    def close(self) -> None:
        """Nothing is kept between files."""


class Decoder:
    """Decodes one file at a time; threads may share it, but a busy thread is better off with its own."""

    def __init__(self, children: Children | None = None) -> None:
        self._children = children or (
            ForkedChildren(Limits()) if sys.platform == "linux" else SpawnedChildren(Limits())
        )
        self._lock = threading.Lock()
        self.last_ending: Ending | None = None

    def decode(self, source: int) -> Decoded | Refused:
        """Decode the file behind a descriptor, from its start; the descriptor stays open."""
        return self._run("decode", source, read_decoded)

    def tiles(self, source: int) -> bytes | Refused:
        """Return the tile pack of the file behind a descriptor."""
        return self._run("tiles", source, read_tiles)

    def pixels(self, source: int, part: int = 0) -> Pixels | Refused:
        """Return the pixels of one part of the file behind a descriptor as they are, for reading a mark.

        A picture has one part, an animation, a PDF or a video several; beyond the last it is NO_PART.
        """
        return self._run(f"pixels {part}", source, read_pixels)

    def close(self) -> None:
        """End the processes behind this decoder."""
        with self._lock:
            self._children.close()

    def _run(self, task: str, source: int, read: Callable[[bytes], T | Refused]) -> T | Refused:
        with self._lock, _answer_file() as sink:
            os.lseek(source, 0, os.SEEK_SET)
            ending = self._children.run(task, source, sink.fileno())
            self.last_ending = ending
            if ending.timed_out or ending.exit == -_signal("SIGXCPU"):
                return _TIMED_OUT
            if ending.exit == -_signal("SIGKILL"):  # nobody but the kernel's out-of-memory killer sends it
                return _KILLED_FOR_MEMORY
            size = os.fstat(sink.fileno()).st_size
            if ending.exit != 0 or size > LARGEST_ANSWER:
                return _CRASHED
            sink.seek(0)
            try:
                return read(sink.read())
            except Garbled:
                return _CRASHED


# Without -P, "-m" would look for modules in the working directory first: a folder of downloads, perhaps.
_INTERPRETER: Final = (sys.executable, "-P", "-s", "-m")


def _environment() -> dict[str, str]:
    """Return what an interpreter needs to find this package, and nothing of ours."""
    home = str(Path(local_server.__file__).parent.parent)
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {"PYTHONPATH": home, **kept}


def _answer_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("answer"), "w+b")
    return tempfile.TemporaryFile()


def _signal(name: str) -> int:
    return int(getattr(signal, name, 0))
