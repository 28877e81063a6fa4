"""The catalogue's memory of what pictures look like: learnt when they are made ready, asked by a trace."""

import io
from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
import structlog
from PIL import Image
from sqlalchemy import Connection, and_, select

from local_server.database import upsert
from local_server.database.engine import Database
from local_server.database.tables import likenesses, pictures, renditions
from local_server.errors import Outage
from local_server.marks import perceptual
from local_server.storage.blobs import Blobs

_READY: Final = "ready"
_THUMBNAIL: Final = "thumbnail"
_log = structlog.get_logger("likenesses")


class Candidate(NamedTuple):
    """A picture that may be shown, and how many of 64 bits its nearest hash differs in."""

    picture_id: str
    distance: int


def looks(thumbnail: bytes) -> bytes:
    """Return what `learn` writes of a thumbnail (JPEG). Raises OSError where it is none."""
    with Image.open(io.BytesIO(thumbnail), formats=("JPEG",)) as image:
        return perceptual.hashes(image).astype("<u8").tobytes()


def learn(connection: Connection, picture_id: str, hashes: bytes) -> None:
    """Write what a picture looks like."""
    values = {"picture_id": picture_id, "version": perceptual.VERSION, "hashes": hashes}
    statement = upsert.insert(connection, likenesses).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["picture_id"], set_=values))


class Likenesses:
    """Learns what was not learnt yet, and finds what looks alike."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._learnt_to = ""

    def learn_missing(self, limit: int) -> int:
        """Learn pictures of an older version of the program, a page a call; 0 when all were looked at."""
        missing = likenesses.c.picture_id.is_(None) | (likenesses.c.version != perceptual.VERSION)
        with self._database.read() as connection:
            page = connection.execute(
                select(renditions.c.picture_id, renditions.c.blob)
                .outerjoin(likenesses, likenesses.c.picture_id == renditions.c.picture_id)
                .where(renditions.c.picture_id > self._learnt_to, renditions.c.kind == _THUMBNAIL, missing)
                .order_by(renditions.c.picture_id)
                .limit(limit)
            ).all()
        self._learnt_to = page[-1].picture_id if page else ""
        for picture_id, blob in page:
            try:
                hashes = looks(self._blobs.get(blob))
            except (Outage, OSError) as trouble:  # a lost one is made anew by itself, and learnt then
                _log.warning("not learnt", picture=picture_id, reason=str(trouble))
                continue
            with self._database.write() as connection:
                learn(connection, picture_id, hashes)
        return len(page)

    def nearest(
        self, image: Image.Image, limit: int, among: Collection[str] | None = None
    ) -> list[Candidate]:
        """Return the pictures, of all or some, that look most like a copy or a part of it, nearest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(likenesses.c.picture_id, likenesses.c.hashes)
                .join(pictures, and_(pictures.c.id == likenesses.c.picture_id, pictures.c.status == _READY))
                .where(likenesses.c.version == perceptual.VERSION)
            ).all()
        if among is not None:
            rows = [row for row in rows if row.picture_id in among]
        if not rows:
            return []
        known = np.frombuffer(b"".join(row.hashes for row in rows), "<u8").astype(np.uint64, copy=False)
        distances = perceptual.distances(perceptual.asked(image), known.reshape(len(rows), -1))
        ranked = np.argsort(distances, kind="stable")[:limit]
        return [Candidate(rows[place].picture_id, int(distances[place])) for place in ranked]
