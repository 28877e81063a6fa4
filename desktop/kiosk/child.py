"""Starts the program of a kiosk as its own user, with its memory closed from the first moment on.

The program is forked and not executed: the kernel closes a process's memory when its user changes, and opens
it again at an exec. So there is no moment in which another program of that user can look for the cookie.
"""

import os
import pwd
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from desktop.guard import authority
from desktop.guard.hardening import harden

# What of our own environment the program may have; everything else is made for its user.
KEPT = (
    *("LANG", "LC_ALL", "PYTHONPATH", "TZ"),
    *("VAULTSECURE_REDUCED_MOTION", "PYTHON_KEYRING_BACKEND"),
)
_BUG = 70
Program = Callable[[Sequence[str]], int]


class Visitor(NamedTuple):
    """Who the program runs as, in the system and in the gallery, and where that is kept."""

    user: pwd.struct_passwd
    account: str
    password: str
    data_dir: Path


def start(visitor: Visitor, display: str, cookie: bytes, door: socket.socket, program: Program) -> int:
    """Fork, run the program in the child, return its process id; `door` is its end of the socket to us."""
    pid = os.fork()
    if pid == 0:
        status = _BUG
        try:
            status = _run(visitor, display, cookie, door, program)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else _BUG
        except BaseException:  # noqa: BLE001  (the child must not go on as the session)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def _run(visitor: Visitor, display: str, cookie: bytes, door: socket.socket, program: Program) -> int:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    # What is the session's alone, its own end of the door above all, must not stay open in here.
    os.closerange(3, door.fileno())
    os.closerange(door.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    _become(visitor.user)
    harden()
    os.environ.clear()
    os.environ.update(_environment(visitor, display, cookie))
    return program(_arguments(visitor, door))


def _become(user: pwd.struct_passwd) -> None:
    os.initgroups(user.pw_name, user.pw_gid)
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    os.umask(0o077)
    os.chdir("/")


def _environment(visitor: Visitor, display: str, cookie: bytes) -> dict[str, str]:
    user = visitor.user
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {
        "DISPLAY": display,
        authority.VARIABLE: authority.kept(cookie),
        "HOME": user.pw_dir,
        "LOGNAME": user.pw_name,
        "PATH": os.defpath,
        "QT_QPA_PLATFORM": "xcb",
        "USER": user.pw_name,
        "XDG_SESSION_TYPE": "x11",
    }


def _arguments(visitor: Visitor, door: socket.socket) -> Sequence[str]:
    password = authority.kept(visitor.password.encode() + b"\n")
    who = ["--user", visitor.account, "--password-file", password]
    return ["kiosk", *who, "--door", str(door.detach()), "--data-dir", str(visitor.data_dir)]
