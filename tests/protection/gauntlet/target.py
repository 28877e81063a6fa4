"""What is attacked: the program on a screen of its own, with a picture in signal colours before a viewer."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from local_server.accounts.models import Role
from tests.protection.gauntlet.interpreters import Interpreters
from tests.protection.gauntlet.signals import draw_signals, protected_pixels
from tests.protection.stage import Screen, running, wait_until
from tests.support.desktop import SIZE, Desktop
from tests.support.people import add_people
from tests.support.server import PASSWORD
from tests.support.waiting import until

VIEWER = "vera"
LEVELS = ("guarded", "sealed")
MANAGERS = {
    "bare": (),
    "openbox": ("openbox", "--config-file", "/dev/null"),
    "picom": ("picom", "--backend", "xrender", "--config", "/dev/null"),
}
KINDS = {"openbox": "window", "picom": "compositing"}
# Whatever starts on this machine, another test included, hides a sealed picture for a moment.
BACK_S = 240.0
# Of the 12,500 on the canvas; on the filmstrip alone are fewer.
PICTURED = 5_000


class Target:
    """One program, opened at a level beside what `manager` names: nothing, or one or two of the managers."""

    def __init__(self, folder: Path, level: str, manager: str) -> None:
        """Start everything, and wait for the picture."""
        self.level, self.manager, self.folder = level, manager, folder
        self.attempts = 0
        self.interpreters = Interpreters(folder / "interpreters")
        picture = folder / "picture.png"
        draw_signals(picture)
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        add_people(folder / "data", (VIEWER, Role.VIEWER))
        self._ends = ExitStack()
        screen = Screen(folder, "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24")
        try:
            for name in manager.split():
                self._start_manager(name, screen)
            bus = self._ends.enter_context(SessionBus())
        except BaseException:
            screen.close()
            self._ends.close()
            raise
        arguments = ("view", str(picture), "--user", VIEWER, "--password-file", str(password))
        self.desktop = Desktop(
            folder, folder / "data", *arguments, more={"DEFAULT_PROTECTION": level}, screen=screen
        )
        self.environment = screen.environment | bus.environment | {"XDG_RUNTIME_DIR": str(folder)}
        try:
            self.until_shown()
            # Who asks for these is a program that connects, so they are asked for once, before all attempts.
            self.window, self.root = self.desktop.window(), self.desktop.root()
        except BaseException:
            self.close()
            raise

    def shown(self) -> int:
        """Return how many of every eighth pixel across and down are protected, from the frame buffer."""
        return protected_pixels(self.desktop.screen.pixels()[::8, ::8])

    def until_shown(self) -> None:
        """Wait for the picture."""
        until(lambda: self.shown() > PICTURED, "the picture is shown", BACK_S)

    def until_hidden(self, seconds: float) -> None:
        """Wait for the screen to be without it."""
        until(lambda: self.shown() == 0, "the picture is hidden", seconds)

    def captures(self) -> list[dict[str, Any]]:
        """Return every attempt that is recorded, oldest first."""
        return self.desktop.captures()

    def short_shields(self) -> list[dict[str, Any]]:
        """Return every short shield that is recorded, oldest first."""
        return self.desktop.recorded("short_shield")

    def close(self) -> int:
        """End everything; return the program's exit status."""
        try:
            return self.desktop.stop()
        finally:
            self._ends.close()

    def _start_manager(self, name: str, screen: Screen) -> None:
        command = MANAGERS[name]
        if command:
            self._ends.enter_context(running(*command, screen=screen))
            wait_until(lambda: screen.manager(KINDS[name]), f"{name} is at work")


class SessionBus:
    """A session bus for the tools, as every desktop has one; what it starts ends with it."""

    def __enter__(self) -> SessionBus:
        """Start it."""
        reading, writing = os.pipe()
        self._daemon = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--print-address={writing}"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "NO_AT_BRIDGE": "1"},
        )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            address = pipe.readline().strip()
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": address, "NO_AT_BRIDGE": "1", "LANG": "C.UTF-8"}
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        family = psutil.Process(self._daemon.pid).children(recursive=True)
        self._daemon.terminate()
        self._daemon.wait(10)
        for process in psutil.wait_procs(family, 3)[1]:
            process.kill()
