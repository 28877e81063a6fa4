"""The data directory of one installation: where everything lies, and who may open it at the same time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from local_server.errors import Outage
from local_server.storage.errors import write_failure
from local_server.storage.lock import FileLock


class AlreadyRunning(Outage):
    """Another process holds the lock of this data directory."""

    code = "already_running"
    title = "This data directory is in use"
    advice = "Use what is running, or stop it first; a second server or worker needs its own --data-dir."


def default_root() -> Path:
    """Return the user's own data directory for this program."""
    return user_data_path("vaultsecure", appauthor=False)


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Name every file and folder of an installation."""

    root: Path

    @property
    def catalogue(self) -> Path:
        return self.root / "catalogue.db"

    @property
    def queue(self) -> Path:
        return self.root / "queue.db"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def spool(self) -> Path:
        """What the S3 storage has not taken yet, sealed."""
        return self.root / "spool"

    @property
    def cache(self) -> Path:
        """Copies of what lies in the S3 storage, sealed."""
        return self.root / "cache"

    @property
    def uploads(self) -> Path:
        """What is being sent to us, sealed as it comes."""
        return self.root / "uploads"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def samples(self) -> Path:
        return self.root / "samples"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    def prepare(self) -> None:
        """Make the folders that are missing, for this user alone, and prove that they can be written.

        Raises StorageUnwritable or DiskFull.
        """
        try:
            for folder in (self.root, self.blobs, self.uploads, self.logs, self.keys, self.locks):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
            probe = self.locks / f"probe-{os.getpid()}"
            probe.write_bytes(b"written to see whether this folder can be written")
            probe.unlink()
        except OSError as error:
            raise write_failure(error, Path(error.filename or self.root)) from error

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold the lock `name` while the block runs; it goes with the process, however that ends.

        Raises AlreadyRunning, naming the holder, when another process has it; StorageUnwritable or DiskFull.
        """
        holder = self.locks / f"{name}.pid"
        try:
            lock = FileLock(self.locks / f"{name}.lock", wait=False)
        except OSError as error:
            raise write_failure(error, self.locks) from error
        with lock:
            if not lock.held:
                raise _running(name, holder)
            _name_holder(holder)
            yield


def _name_holder(holder: Path) -> None:
    try:
        holder.write_text(f"{os.getpid()}\n")
    except OSError as error:
        raise write_failure(error, holder) from error


def _running(name: str, holder: Path) -> AlreadyRunning:
    written = holder.read_text().strip() if holder.exists() else ""
    pid = int(written) if written.isdecimal() else None
    return AlreadyRunning(f"Process {pid or '(not known)'} holds it, a {name}.", pid=pid)
