"""A lock between processes on a file, released by the system when its holder dies."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

if os.name == "nt":
    import msvcrt

    def _acquire(descriptor: int, wait: bool) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # Windows only

else:
    import fcntl

    def _acquire(descriptor: int, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


class FileLock:
    """One holder at a time; `held` is False when somebody else has it and `wait` was not asked for."""

    def __init__(self, path: Path, *, wait: bool) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        self.held = True
        try:
            _acquire(self._descriptor, wait)
        except (BlockingIOError, PermissionError):  # how POSIX and Windows say that somebody else has it
            self.held = False
        except OSError:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Let the next one in."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self.held = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
