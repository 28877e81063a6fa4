"""What the doctor asks of the machine: the port, who runs already, the limits of the file watcher."""

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from local_server.health.doctor import Finding, Patient, Verdict
from local_server.health.examine_data import chosen_gallery

_WATCH_LIMIT: Final = Path("/proc/sys/fs/inotify/max_user_watches")
_COUNTED_AT_MOST: Final = 200_000
OK, WARNING, PROBLEM = Verdict.OK, Verdict.WARNING, Verdict.PROBLEM


def server(patient: Patient) -> Iterator[Finding]:
    """Does a server use this data directory?"""
    holder = lock_holder(patient.root / "locks", "server")
    if holder is None:
        yield Finding("server", OK, "No server uses this data directory.")
    else:
        yield Finding("server", OK, f"A server runs: {_named(holder)}.")


def worker(patient: Patient) -> Iterator[Finding]:
    """Does a worker run without its server?"""
    holder = lock_holder(patient.root / "locks", "worker")
    if holder is None:
        yield Finding("worker", OK, "No worker uses this data directory.")
    elif lock_holder(patient.root / "locks", "server") is None:
        advice = "If you did not start it, end it; the next server starts its own."
        yield Finding("worker", WARNING, f"A worker runs without a server: {_named(holder)}.", advice)
    else:
        yield Finding("worker", OK, f"A worker runs: {_named(holder)}.")


def port(patient: Patient) -> Iterator[Finding]:
    """Can the port be had?"""
    written = patient.environment.get("PORT", "").strip() or "0"
    if not written.isdecimal() or int(written) > 65535:
        return  # said already of the settings
    number = int(written)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
            # Two sockets may share an address until one listens.
            probe.listen(1)
        except OSError as error:
            yield _unavailable(patient, number, error)
            return
    if number:
        yield Finding("port", OK, f"Port {number} at 127.0.0.1 is free.")
    else:
        yield Finding("port", OK, "Any free port at 127.0.0.1 will be taken.")


def watches(patient: Patient) -> Iterator[Finding]:
    """May as many folders be watched as the gallery has?"""
    gallery = chosen_gallery(patient.root)
    if gallery is None or not gallery.is_dir() or not _WATCH_LIMIT.exists():
        return
    limit = int(_WATCH_LIMIT.read_text())
    folders = 0
    for _ in os.walk(gallery):
        folders += 1
        if folders >= _COUNTED_AT_MOST:
            break
    if folders < limit:
        yield Finding("watcher", OK, f"The gallery has {folders:,} folders; {limit:,} may be watched.")
    else:
        sentence = f"The gallery has {folders:,} folders, but only {limit:,} may be watched."
        raised = max(2 * folders, 524288)
        advice = f"sysctl fs.inotify.max_user_watches={raised}; until then scans find what is new"
        yield Finding("watcher", WARNING, sentence, advice)


def lock_holder(locks: Path, name: str) -> int | None:
    """Return the process that holds a lock; 0 where one does and it is not known which."""
    from local_server.storage.lock import FileLock

    path = locks / f"{name}.lock"
    if not path.is_file():
        return None
    with FileLock(path, wait=False) as lock:
        if lock.held:
            return None
    try:
        return int(path.with_suffix(".pid").read_text())
    except (OSError, ValueError):
        return 0


def port_holder(number: int) -> int | None:
    """Return the process that listens on a port, where this user may know it."""
    import psutil

    for process in psutil.process_iter():
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:
            continue  # of another user, or gone
        for connection in connections:
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == number:
                return int(process.pid)
    return None


def _owned_by_us(number: int) -> bool:
    """Say whether this user has opened the port, as Linux tells everybody."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for local, state, uid in ((fields[1], fields[3], fields[7]) for fields in map(str.split, lines)):
            if state == "0A" and int(local.rpartition(":")[2], 16) == number and int(uid) == os.geteuid():
                return True
    return False


def _unavailable(patient: Patient, number: int, error: OSError) -> Finding:
    if error.errno == errno.EACCES:
        advice = "Set PORT to a number from 1024 on, or to 0 for any that is free."
        return Finding("port", PROBLEM, f"Port {number} is for the administrator of this computer.", advice)
    if error.errno != errno.EADDRINUSE:
        advice = "Look at the network settings of this computer: programs must be able to use 127.0.0.1."
        return Finding("port", PROBLEM, f"127.0.0.1:{number} cannot be used: {error.strerror}.", advice)
    holder, server = port_holder(number), lock_holder(patient.root / "locks", "server")
    if server and holder is None and _owned_by_us(number):
        # A server's memory is closed, and with it the list of what it has open.
        holder = server
    if holder is not None and holder == server:
        return Finding("port", OK, f"Port {number} is used by the server of this data directory.")
    who = _named(holder) if holder else "a program of another user"
    advice = "Stop that program, or set PORT to another number; 0 takes any that is free."
    return Finding("port", PROBLEM, f"Port {number} is taken by {who}.", advice)


def _named(pid: int) -> str:
    """Return a process's name and number."""
    import psutil

    try:
        return f"{psutil.Process(pid).name()} (process {pid})"
    except (psutil.Error, ValueError):
        return f"process {pid or 'unknown'}"
