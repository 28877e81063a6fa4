"""What the program can be started with; light enough to be read before anything else is loaded."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop import VERSION

FINE, NO, WRONG_USE, OUTAGE, BUG = 0, 1, 2, 3, 70

EPILOGUE = """\
exit status:
  0   the program was used and closed
  1   the picture of `view` cannot be shown: its file was refused
  2   wrong use, or sign-in was refused
  3   the server or the display is away
  70  a bug; its report is on standard error and in logs/desktop.log of the data directory
"""


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """Open straight on one picture as one person."""

    file: Path
    name: str
    password_file: Path


@dataclass(frozen=True, slots=True)
class KioskRequest:
    """Fill the screen as one person; `door` is the socket to the session that starts the program."""

    name: str
    password_file: Path
    door: int


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    data_dir: Path
    view: ViewRequest | None = None
    kiosk: KioskRequest | None = None


def read(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; ends the process with its usage where that is wrong."""
    parser = argparse.ArgumentParser(
        prog="vaultsecure",
        description="A gallery for pictures that must be seen but not taken.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    _add_data_dir(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    view = commands.add_parser(
        "view",
        help="open straight on one picture",
        description="Open the picture of a file. It is taken into the gallery where it is not known yet.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    view.add_argument("file", metavar="FILE", type=Path, help="the file of the picture")
    # Started by desktop.kiosk_session alone, which has the other end of the socket.
    kiosk = commands.add_parser("kiosk")
    kiosk.add_argument("--door", type=int, required=True)
    for command in (view, kiosk):
        command.add_argument("--user", metavar="NAME", required=True, help="the account that looks at it")
        command.add_argument(
            "--password-file",
            metavar="F",
            required=True,
            type=Path,
            help="a file whose first line is the password; it should be readable by you alone",
        )
        # Without a default of its own, or it would overwrite what was said before the command.
        _add_data_dir(command, default=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    data_dir = (given.data_dir or default_data_dir()).absolute()
    if given.command == "view":
        return Options(data_dir, view=ViewRequest(given.file.absolute(), given.user, given.password_file))
    if given.command == "kiosk":
        return Options(data_dir, kiosk=KioskRequest(given.user, given.password_file, given.door))
    return Options(data_dir)


def default_data_dir() -> Path:
    """Return where this person's gallery is kept."""
    from platformdirs import user_data_path

    return user_data_path("vaultsecure", appauthor=False)


def has_display(environment: os._Environ[str] | dict[str, str] | None = None) -> bool:
    """Say whether there is a screen to open a window on."""
    given = os.environ if environment is None else environment
    if sys.platform != "linux" or given.get("QT_QPA_PLATFORM"):
        return True
    return bool(given.get("DISPLAY") or given.get("WAYLAND_DISPLAY"))


def _add_data_dir(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--data-dir",
        metavar="D",
        type=Path,
        default=default,
        help="where the gallery is kept (default: this account's data directory)",
    )
