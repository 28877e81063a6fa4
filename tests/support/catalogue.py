"""A catalogue on disk with the importer's parts on it, for tests that need no server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url, select

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from local_server.database.tables import events, pictures, places
from local_server.importer.register import Entered, Register
from local_server.importer.scan import Reconciler
from local_server.importer.settle import Settling


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class Catalogue:
    """A migrated catalogue, and a reconciler that takes every file as settled."""

    def __init__(self, root: Path, url: str | None = None) -> None:
        self.data = DataDirectory(root)
        self.data.prepare()
        self.database: Database = open_catalogue(self.data, None if url is None else make_url(url))
        self.register = Register(self.database, now)
        self.offered: list[str] = []
        # A minute on, no file is young enough to be still in writing.
        self.later = lambda: datetime.fromtimestamp(now().timestamp() + 60, UTC)
        self.settling = Settling(lambda: 0.0)
        self.reconciler = Reconciler(
            self.database, self.register, self.settling, self.later, 1 << 30, self._offer, lambda: False
        )

    def _offer(self, entered: Sequence[Entered]) -> None:
        self.offered += [one.picture_id for one in entered if one.status == "waiting"]

    def make_ready(self) -> None:
        """Do what decoding would do to every row that waits, without decoding."""
        with self.database.write() as connection:
            connection.execute(
                pictures.update()
                .where(pictures.c.status == "waiting")
                .values(status="ready", width=4, height=3, format="JPEG", colour="#808080")
            )

    def present(self) -> dict[bytes, str]:
        """Return the content hash at every present path."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(places.c.path, pictures.c.content_hash)
                .join(pictures, pictures.c.id == places.c.picture_id)
                .where(places.c.present)
            )
            return {bytes(path): str(content) for path, content in rows}

    def shown(self) -> set[str]:
        """Return the content hashes of pictures that are present."""
        with self.database.read() as connection:
            return set(
                connection.execute(select(pictures.c.content_hash).where(pictures.c.present)).scalars()
            )

    def ids(self) -> dict[str, str]:
        """Return the id of each content."""
        with self.database.read() as connection:
            return {
                str(content): str(one)
                for content, one in connection.execute(select(pictures.c.content_hash, pictures.c.id))
            }

    def told(self, kind: str) -> list[str]:
        """Return the pictures that events of a kind were about."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(events.c.data).where(events.c.kind == kind).order_by(events.c.sequence)
            ).scalars()
            return [row["id"] for row in rows]


@contextmanager
def catalogue(root: Path, url: str | None = None) -> Iterator[Catalogue]:
    """Open a catalogue for the length of a block."""
    opened = Catalogue(root, url)
    try:
        yield opened
    finally:
        opened.database.close()
