"""What the user who runs the tests may do to processes that have closed their memory."""

from pathlib import Path

import psutil

_CAP_SYS_PTRACE = 19


def looks_into_everything() -> bool:
    """Say whether this user may trace any process and read its descriptors: the administrator, mostly."""
    status = Path("/proc/self/status")
    if not status.exists():
        return False
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("CapEff:")]
    return bool(int(line.split()[1], 16) >> _CAP_SYS_PTRACE & 1)


def readable_environment(process: psutil.Process) -> str:
    """Return what others can read of a process's environment: nothing, where its memory is closed to us."""
    try:
        return "\0".join(f"{name}={value}" for name, value in process.environ().items())
    except psutil.AccessDenied:
        return ""
