"""The command `vaultsecure-kiosk`: an X server of its own, and the program in it, started again when it ends.

Runs as the administrator, so that no program of the kiosk's user can look into the X server or at its cookie.
"""

import argparse
import getpass
import json
import os
import pwd
import selectors
import shlex
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from desktop.command_line import FINE, OUTAGE, WRONG_USE
from desktop.guard.hardening import harden
from desktop.kiosk import pin
from desktop.kiosk.child import Visitor, start
from desktop.kiosk.display_server import DisplayServer, DisplayServerFailed

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
LIVED_WELL_S = 60.0
STOP_WITHIN_S = 10.0
LONGEST_MESSAGE = 4096
DEFAULT_SERVER = "Xorg vt7 -novtswitch"


class Session:
    """One X server after the other, and in each one program after the other, until somebody knows the PIN."""

    def __init__(self, visitor: Visitor, server: Sequence[str], folder: Path, tries: pin.Tries) -> None:
        self._visitor = visitor
        self._server = server
        self._folder = folder
        self._tries = tries
        self._signals, self._wakeup = socket.socketpair()
        self._ended = False

    def run(self) -> int:
        """Stay until the PIN or a signal ends the session; return the exit status."""
        self._wakeup.setblocking(False)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._end)
        pause = FIRST_PAUSE_S
        while not self._ended:
            began = time.monotonic()
            display = DisplayServer(self._server, self._folder)
            say(f"display {display.name}")
            try:
                self._serve(display)
            finally:
                display.stop()
            pause = self._rest(began, pause)
        return FINE

    def _serve(self, display: DisplayServer) -> None:
        """Keep a program running on a display until the session or the display ends."""
        pause = FIRST_PAUSE_S
        while not self._ended and display.process.poll() is None:
            began = time.monotonic()
            self._live_once(display)
            pause = self._rest(began, pause)

    def _live_once(self, display: DisplayServer) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                child = start(self._visitor, display.name, display.authority, theirs, _program)
            program, server = os.pidfd_open(child), os.pidfd_open(display.process.pid)
            try:
                self._watch(ours, program, server)
                _stop(child, program)
            finally:
                os.close(program)
                os.close(server)
        _, status = os.waitpid(child, 0)
        say(f"the program ended with status {os.waitstatus_to_exitcode(status)}")

    def _watch(self, door: socket.socket, program: int, server: int) -> None:
        """Answer at the door until the program, the display or the session ends."""
        with selectors.DefaultSelector() as selector:
            for source in (door, program, server, self._signals):
                selector.register(source, selectors.EVENT_READ)
            while not self._ended:
                ready = [key.fileobj for key, _ in selector.select()]
                if program in ready or server in ready:
                    return
                if door in ready and not self._answer(door):
                    selector.unregister(door)

    def _answer(self, door: socket.socket) -> bool:
        """Judge a PIN; False when nobody is at the door any more."""
        try:
            said = door.recv(LONGEST_MESSAGE)
            if not said:
                return False
            asked = json.loads(said)
            given = asked.get("pin") if isinstance(asked, dict) else None
            verdict = self._tries.judge(given if isinstance(given, str) else "")
            door.send(json.dumps(verdict._asdict()).encode())
        except (ValueError, OSError):
            return False  # whatever speaks there is not the program as we know it
        self._ended = self._ended or verdict.right
        return True

    def _rest(self, began: float, pause: float) -> float:
        """Wait before the next start, a signal ends that; return the pause after that."""
        if time.monotonic() - began > LIVED_WELL_S:
            pause = FIRST_PAUSE_S
        if not self._ended:
            self._signals.settimeout(pause)
            with suppress(TimeoutError):
                self._signals.recv(64)
        return min(2 * pause, LONGEST_PAUSE_S)

    def _end(self, *_: object) -> None:
        self._ended = True


def _program(arguments: Sequence[str]) -> int:
    # Nothing of it may be loaded before the fork: Qt and its threads would not survive that.
    from desktop.app import main as run

    return run(arguments)


def _stop(child: int, program: int) -> None:
    """End the program, politely first; what it had started ends with it."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(program, signal.SIGTERM)
    with selectors.DefaultSelector() as selector:
        selector.register(program, selectors.EVENT_READ)
        if not selector.select(STOP_WITHIN_S):
            os.killpg(child, signal.SIGKILL)


def say(words: str) -> None:
    """Write a line for the journal."""
    sys.stdout.write(f"vaultsecure-kiosk: {words}\n")
    sys.stdout.flush()


def refuse(words: str) -> int:
    """Say what is wrong with how this was started."""
    sys.stderr.write(f"vaultsecure-kiosk: {words}\n")
    return WRONG_USE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    given = _parser().parse_args(arguments)
    return _set_pin(given.file) if given.command == "set-pin" else _run(given)


def _run(given: argparse.Namespace) -> int:
    if os.geteuid() != 0:
        return refuse(
            "only the administrator can start the X server so that nobody else looks into it. "
            "Start it as a service of the system: packaging/linux/kiosk has one."
        )
    harden()
    try:
        user = pwd.getpwnam(given.user)
    except KeyError:
        return refuse(f"there is no user {given.user}. Make one for the kiosk alone: useradd --system.")
    if user.pw_uid == 0:
        return refuse("the program must not run as the administrator. Name another with --user.")
    try:
        password, stored = (_first_line(path) for path in (given.password_file, given.pin_file))
        pin.matches("", stored)
    except OSError as problem:
        return refuse(f"{problem.filename} cannot be read ({problem.strerror}). Name a file that is there.")
    except ValueError:
        return refuse(f"{given.pin_file} holds no PIN. Write one: vaultsecure-kiosk set-pin {given.pin_file}")
    data_dir = given.data_dir or Path(user.pw_dir) / ".local/share/vaultsecure"
    visitor = Visitor(user, given.account, password, data_dir)
    with tempfile.TemporaryDirectory(prefix="vaultsecure-kiosk-", dir=given.folder) as folder:
        tries = pin.Tries(stored, time.monotonic)
        try:
            return Session(visitor, shlex.split(given.server), Path(folder), tries).run()
        except DisplayServerFailed as failure:
            sys.stderr.write(f"vaultsecure-kiosk: {failure}\n")
            return OUTAGE


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0]


def _set_pin(path: Path) -> int:
    digits = getpass.getpass("PIN (four to twelve digits): ") if sys.stdin.isatty() else sys.stdin.readline()
    digits = digits.strip()
    if not pin.acceptable(digits):
        return refuse("a PIN has four to twelve digits. Nothing was changed.")
    pin.write(path, digits)
    return FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vaultsecure-kiosk", description="The gallery on a screen of its own, and one way out, by PIN."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    run = commands.add_parser("run", help="start the X server and the program; for the administrator")
    run.add_argument("--user", required=True, help="the system's user that the program runs as")
    run.add_argument("--account", required=True, help="the account of the gallery that it signs in as")
    run.add_argument("--password-file", required=True, type=Path, help="a file with that account's password")
    run.add_argument("--pin-file", required=True, type=Path, help="what `set-pin` has written")
    run.add_argument("--data-dir", type=Path, help="where the gallery is kept (default: the user's own)")
    run.add_argument("--server", default=DEFAULT_SERVER, help="the X server's command (default: %(default)s)")
    run.add_argument("--folder", type=Path, help="where the cookie lies, for the administrator alone")
    set_pin = commands.add_parser("set-pin", help="write the exit PIN, which is asked for, into a file")
    set_pin.add_argument("file", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
