"""A kiosk's session as a machine would start it: by the administrator, for a user who owns nothing else."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local_server.accounts.models import Role
from tests.protection.stage import Pixels, frame, wait_until
from tests.support.desktop import PATIENCE_S, pictured
from tests.support.gallery import vivid_pictures
from tests.support.people import add_people
from tests.support.server import PASSWORD, ROOT, command
from tests.tour.hands import Hands
from tests.tour.steps import part

ACCOUNT, PIN = "booth", "4711"
USER = "nobody"
GRID = (232, 52, 1376, 868)


def as_user(*wanted: str) -> list[str]:
    """Return a command that runs as the kiosk's user."""
    person = pwd.getpwnam(USER)
    who = [f"--reuid={person.pw_uid}", f"--regid={person.pw_gid}", "--clear-groups"]
    # setpriv finds what it runs with the rights it had before, env with those of the user.
    return ["setpriv", *who, "env", *wanted]


class Kiosk:
    """`vaultsecure-kiosk run` on a folder of its own that its user can reach."""

    def __init__(self, folder: Path, python: str) -> None:
        self.interpreter = python
        self.data = folder / "data"
        self.own = folder / "own"
        self._closed = folder / "administrator"
        self._closed.mkdir(mode=0o700)
        (self._closed / "frame").mkdir()
        password, pin = self._closed / "password", self._closed / "pin"
        password.write_text(f"{PASSWORD}\n")
        self._environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "VAULTSECURE_REDUCED_MOTION": "1",
        }
        session = [python, "-m", "desktop.kiosk_session"]
        subprocess.run(
            [*session, "set-pin", str(pin)], input=PIN, text=True, env=self._environment, cwd=ROOT, check=True
        )
        server = f"Xvfb -screen 0 1440x900x24 -fbdir {self._closed / 'frame'}"
        where = ["--folder", str(self._closed), "--data-dir", str(self.data), "--server", server]
        who = ["--user", USER, "--account", ACCOUNT, "--password-file", str(password), "--pin-file", str(pin)]
        self._log = self._closed / "session.log"
        with self._log.open("wb") as log:
            self.session = subprocess.Popen(
                [*session, "run", *who, *where],
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def said(self) -> str:
        """Return what the session has written so far."""
        return self._log.read_text()

    @property
    def display(self) -> str:
        """Return the display of this moment."""
        return str(re.findall(r"display (:\d+)", self.said)[-1])

    @property
    def authority(self) -> Path:
        """Return the file that the X server has its cookie from; the administrator's."""
        (found,) = self._closed.glob("vaultsecure-kiosk-*/authority")
        return found

    @property
    def cookie(self) -> bytes:
        """Return the display's cookie."""
        return self.authority.read_bytes()[-16:]

    def until_shown(self) -> None:
        """Wait until guarded pictures are on the screen: the sentinel watches, and somebody is signed in."""
        wait_until(lambda: "display :" in self.said, "there is a display", PATIENCE_S)
        wait_until(lambda: pictured(part(self.pixels(), *GRID)), "pictures are shown", PATIENCE_S)

    def pixels(self) -> Pixels:
        """Return what the screen shows now."""
        return frame(self._closed / "frame" / "Xvfb_screen0")

    def hands(self) -> Hands:
        """Return somebody at the screen."""
        return Hands(self.display, str(self.authority))

    def programs(self, user: str = USER) -> list[psutil.Process]:
        """Return what the session has started: the program of the user, or the X server of root."""
        started = psutil.Process(self.session.pid).children()
        return [process for process in started if process.username() == user]

    def run(self, *wanted: str) -> subprocess.CompletedProcess[bytes]:
        """Run a program of the same user that knows the display's name and looks where cookies lie."""
        environment = {"PATH": os.environ["PATH"], "DISPLAY": self.display, "HOME": str(self.data)}
        return subprocess.run(
            as_user(*wanted),
            env=environment,
            cwd=self.own,
            capture_output=True,
            timeout=30,
            check=False,
        )

    def stop(self) -> int:
        """End the session as the system would; nothing may be left of it."""
        family = []
        if self.session.poll() is None:
            family = psutil.Process(self.session.pid).children(recursive=True)
        self.session.terminate()
        try:
            status = self.session.wait(30)
        finally:
            self.session.kill()
            _, left = psutil.wait_procs(family, 10)
            for process in left:
                process.kill()
        assert not left, f"left running: {left}"
        return status


@contextmanager
def kiosk() -> Iterator[Kiosk]:
    """Run a kiosk on six guarded pictures; skips where no other user can run the program."""
    if os.geteuid() != 0:
        pytest.skip("only the administrator can start a kiosk")
    # pytest's own folders are closed to others.
    folder = Path(tempfile.mkdtemp(prefix="kiosk-", dir="/tmp"))
    try:
        folder.chmod(0o755)
        python = interpreter(folder)
        vivid_pictures(folder / "pictures", range(6))
        add_people(folder / "data", (ACCOUNT, Role.KIOSK))
        done = command("import", str(folder / "pictures"), "--data-dir", str(folder / "data"), home=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        (folder / "own").mkdir()
        for path in (folder / "own", folder / "data", *(folder / "data").rglob("*")):
            shutil.chown(path, USER)
        started = Kiosk(folder, python)
        try:
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder)


def interpreter(folder: Path) -> str:
    """Return a Python that another user can run, with the libraries of this one."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if _runs(sys.executable):
        return sys.executable
    system = f"/usr/bin/python{ours}"
    if not Path(system).exists() or not _runs(system):
        pytest.skip(f"no Python {ours} and no checkout that another user may read")
    subprocess.run([system, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    shared = Path(psutil.__file__).parents[1]
    (packages / "shared.pth").write_text(f"import site; site.addsitedir({str(shared)!r})\n")
    # Redis asks Pythons before 3.11.3 for a copy of what they have; the lock names it for those alone.
    (packages / "async_timeout.py").write_text("from asyncio import timeout\n")
    return str(folder / "venv" / "bin" / "python")


def _runs(python: str) -> bool:
    wanted = as_user(python, "-c", "import desktop")
    tried = subprocess.run(
        wanted,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        cwd="/",
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0
