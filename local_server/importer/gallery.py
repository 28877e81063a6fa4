"""The gallery folder: chosen, checked, remembered, and the sample pictures for those who have none yet."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.tables import installation
from local_server.events import announce
from local_server.importer import queries
from local_server.importer.errors import FolderUnusable, SamplesMissing
from local_server.importer.register import Register
from local_server.storage.errors import write_failure

_KEY = "gallery_folder"


@dataclass(frozen=True, slots=True)
class FolderState:
    """The folder, and whether it can be used now."""

    folder: str | None
    exists: bool
    readable: bool


class Gallery:
    """The one folder tree that is watched; `changed` is told of every choice."""

    def __init__(
        self,
        database: Database,
        data: DataDirectory,
        samples: Path,
        audit: Audit,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._data = data
        self._samples = samples
        self._audit = audit
        self._clock = clock
        self._register = Register(database, clock)

    def folder(self) -> bytes | None:
        """Return the gallery folder's path, or None before one was chosen."""
        with self._database.read() as connection:
            return chosen_folder(connection)

    def state(self) -> FolderState:
        """Say how the folder is."""
        folder = self.folder()
        if folder is None:
            return FolderState(None, exists=False, readable=False)
        path = Path(os.fsdecode(folder))
        shown = folder.decode("utf-8", "replace")
        return FolderState(shown, exists=path.is_dir(), readable=os.access(path, os.R_OK | os.X_OK))

    def check(self, folder: str | None, *, samples: bool) -> None:
        """Raise FolderUnusable or SamplesMissing when this cannot be chosen."""
        if samples:
            if not self._samples.is_dir():
                raise SamplesMissing(str(self._samples))
        elif folder is not None:
            self._usable(folder)

    def choose(self, folder: str | None, *, samples: bool, caller: Caller | None = None) -> None:
        """Make a folder, or a copy of the sample pictures, the gallery; neither leaves things as they are."""
        if samples:
            path = self._copied_samples()
        elif folder is not None:
            path = self._usable(folder)
        else:
            return
        root = os.fsencode(path)
        now = self._clock()
        with self._database.write() as connection:
            before = chosen_folder(connection)
            if before == root:
                return
            connection.execute(delete(installation).where(installation.c.key == _KEY))
            connection.execute(insert(installation).values(key=_KEY, value=str(path)))
            if before is not None:
                leaving = queries.forget_below(connection, before, root)
                self._register.settle_presence(connection, leaving)
            shown = root.decode("utf-8", "replace")
            announce(connection, now, "gallery_changed", {})
            self._audit.record(
                connection,
                "gallery_folder_changed",
                account_id=caller.account_id if caller else None,
                account_name=caller.name if caller else None,
                viewing_session_id=caller.viewing_session_id if caller else None,
                detail={"folder": shown},
            )

    def _usable(self, folder: str) -> Path:
        if "\0" in folder:
            raise FolderUnusable("The name has a character that no folder's name can have.")
        try:
            path = Path(folder).expanduser()
            if not path.is_absolute():
                raise FolderUnusable(f"{folder} is not a full path.")
            path = path.resolve(strict=True)
            readable = os.access(path, os.R_OK | os.X_OK)
        except (OSError, RuntimeError) as error:
            raise FolderUnusable(f"{folder}: {getattr(error, 'strerror', None) or error}") from None
        if not path.is_dir():
            raise FolderUnusable(f"{folder} is not a folder.")
        if not readable:
            raise FolderUnusable(f"{folder} may not be read by this account.")
        data = self._data.root.resolve()
        if path.is_relative_to(data) and not path.is_relative_to(self._data.samples.resolve()):
            raise FolderUnusable(f"{folder} is where the gallery keeps its own data.")
        return path

    def _copied_samples(self) -> Path:
        if not self._samples.is_dir():
            raise SamplesMissing(str(self._samples))
        target = self._data.samples
        try:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            for source in sorted(self._samples.iterdir()):
                if source.is_file() and not (target / source.name).exists():
                    # Under a name that is not taken for a picture until it is whole.
                    partial = target / f".{source.name}.partial"
                    shutil.copyfile(source, partial)
                    partial.replace(target / source.name)
        except OSError as error:
            raise write_failure(error, target) from error
        return target.resolve()


def chosen_folder(connection: Connection) -> bytes | None:
    """Return the gallery folder as the catalogue remembers it."""
    value = connection.execute(
        select(installation.c.value).where(installation.c.key == _KEY)
    ).scalar_one_or_none()
    return os.fsencode(value) if isinstance(value, str) else None
