"""A program that the product can stand on, started for tests as a process: reached, broken off, mended."""

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

import psutil

from tests.support.waiting import until

HOST = "127.0.0.1"
# Below the range that the kernel takes for outgoing connections: nobody gets the port of a part that is away.
FIRST_PORT, LAST_PORT = 20_000, 32_000


class Missing(Exception):
    """What a part takes is not on this machine."""

    def __init__(self, part: str, lacks: str) -> None:
        super().__init__(f"{part}: {lacks}")
        self.part = part


def find(part: str, program: str, *places: Path) -> Path:
    """Return where a program lies: in one of the places, or on the path and where Debian keeps daemons."""
    for place in places:
        if os.access(place / program, os.X_OK):
            return place / program
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise Missing(part, f"there is no {program}")
    return Path(found)


class Port:
    """A port that no other part takes, on this machine and until it is given back."""

    def __init__(self) -> None:
        for number in random.sample(range(FIRST_PORT, LAST_PORT), 500):
            # An abstract address is gone with the process that holds it, however that ends.
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0vaultsecure-tests-port-{number}")
                with socket.socket() as attempt:
                    attempt.bind((HOST, number))
            except OSError:
                claim.close()
                continue
            self.number = number
            self._claim = claim
            return
        raise AssertionError("no port is free")

    def give_back(self) -> None:
        """Let others have it."""
        self._claim.close()


class Part(ABC):
    """One such program, with a folder of its own; used as a context manager it is up inside and gone after.

    Start it on the thread that lives longest: the kernel ends it together with the thread that started it, so
    that nothing is left when a test run is killed.
    """

    name: ClassVar[str]
    # Who it must run as when we are root.
    runs_as: ClassVar[str | None] = None
    # How it goes when it is broken off, and when whoever started it died.
    ending: ClassVar[signal.Signals] = signal.SIGKILL

    def __init__(self) -> None:
        self.program = self.find_program()
        self._account = self._find_account()
        self.folder = Path(tempfile.mkdtemp(prefix=f"vaultsecure-{type(self).__name__.lower()}-"))
        self.give(self.folder)
        self._ports: list[Port] = []
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self.prepare()
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def find_program(self) -> Path:
        """Return the program; raises Missing."""

    @abstractmethod
    def prepare(self) -> None:
        """Take ports and write what the program reads, once."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """Return what to run, in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Ask once whether it does its work; false while it doesn't yet."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """Return the variables by which our server finds it."""

    @property
    def running(self) -> bool:
        """Tell whether its process is there, paused or not."""
        return self._process is not None and self._process.poll() is None

    def take_port(self) -> int:
        """Return a free port that stays ours until the end."""
        self._ports.append(Port())
        return self._ports[-1].number

    def give(self, path: Path) -> None:
        """Hand a file or folder to whom the program runs as."""
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def as_account(self, *command: str | Path) -> list[str | Path]:
        """Return a command that runs as whom the program runs as, and ends with us."""
        guard: list[str | Path] = [
            find(self.name, "setpriv"),
            "--pdeathsig",
            self.ending.name.removeprefix("SIG"),
        ]
        if self._account is not None:
            guard += [f"--reuid={self._account.pw_uid}", f"--regid={self._account.pw_gid}", "--init-groups"]
        return [*guard, *command]

    def surroundings(self) -> dict[str, str]:
        """Return the variables that the program itself gets."""
        folder = str(self.folder)
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder}

    def start(self) -> None:
        """Start it where it was before, with the data it had, and wait until it answers."""
        if not self.running:
            self.launch()
        until(self._answers_or_ended, f"{self.name} to answer")

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.as_account(*self.command()),
                cwd=self.folder,
                env=self.surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Break it off as an outage does, without a word to its clients; what it had written stays."""
        if self._process is None:
            return
        family = self._family()
        if self.running:
            self.resume()
            self._process.send_signal(self.ending)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()
        _, alive = psutil.wait_procs(family, 10)
        assert not alive, f"left running: {alive}"
        self._process = None

    def pause(self) -> None:
        """Let it hang: connections stay open and nothing answers."""
        # The first is the one that makes others: with it asleep there is an end to them.
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        """Let it go on after a pause."""
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Break it off for the length of a block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def close(self) -> None:
        """Stop it and remove all that it had."""
        self.stop()
        for port in self._ports:
            port.give_back()
        self._ports.clear()
        shutil.rmtree(self.folder)

    def log(self) -> str:
        """Return what it printed."""
        return (self.folder / "log").read_text(errors="replace")

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self.close()

    def _find_account(self) -> pwd.struct_passwd | None:
        if self.runs_as is None or os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(self.runs_as)
        except KeyError:
            raise Missing(self.name, f"there is no account {self.runs_as}") from None

    def _answers_or_ended(self) -> bool:
        assert self.running, f"{self.name} ended at its start:\n{self.log()[-4000:]}"
        return self.answers()

    def _family(self) -> list[psutil.Process]:
        """Return its process, which comes first, and all that this one made."""
        if self._process is None:
            return []
        try:
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
