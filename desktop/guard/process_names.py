"""What /proc tells about a process that has done something to us: its name, its file, its script."""

from __future__ import annotations

from pathlib import Path

from .events import Culprit

PROC = Path("/proc")
INTERPRETERS = ("python", "perl", "ruby", "node", "bash", "sh", "dash", "zsh", "java", "lua", "php")


def describe_process(pid: int, proc: Path = PROC) -> Culprit:
    """Read what /proc tells about a process; of its arguments only an interpreter's script, a file name."""
    folder = proc / str(pid)
    executable = name = script = None
    try:
        executable = str((folder / "exe").readlink()).removesuffix(" (deleted)")
        name = Path(executable).name
    except OSError:
        name = _read(folder / "comm").strip() or None
    if name is not None and name.rstrip("0123456789.") in INTERPRETERS:
        script = _script(_read(folder / "cmdline").split("\0")[1:])
    return Culprit(pid, name, executable, script)


def _script(arguments: list[str]) -> str | None:
    words = iter(arguments)
    for word in words:
        if word == "-m":
            return f"-m {next(words, '')}"
        if word in ("-c", "-e"):
            return word
        if word in ("-W", "-X"):
            next(words, None)
        elif word and not word.startswith("-"):
            return Path(word).name
    return None


def _read(path: Path) -> str:
    try:
        return path.read_bytes()[:65536].decode(errors="replace")
    except OSError:
        return ""
