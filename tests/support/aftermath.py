"""What must be true of a data directory after whatever happened to the processes that worked on it."""

import io
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image

from local_server.jobs.queue import JobQueue
from local_server.storage.blobs import Blobs
from local_server.storage.keys import Keys
from local_server.storage.sealing import Sealer

RENDITIONS = ["screen", "thumbnail"]


def assert_whole(data: Path, folder: Path) -> None:
    """See that every file of the gallery folder is one picture, complete, and nothing is left to do.

    The files must be good pictures of different contents, and the server must have ended.
    """
    files = {bytes(path) for path in folder.rglob("*.jpg")}
    catalogue = data / "catalogue.db"
    assert rows(catalogue, "PRAGMA integrity_check") == [("ok",)]
    assert rows(catalogue, "PRAGMA foreign_key_check") == []
    assert rows(data / "queue.db", "PRAGMA integrity_check") == [("ok",)]
    pictures = rows(catalogue, "SELECT id, content_hash, status, present FROM pictures")
    assert {status for _, _, status, _ in pictures} == {"ready"}
    assert all(present for _, _, _, present in pictures)
    assert len(pictures) == len({content for _, content, _, _ in pictures}) == len(files)
    half = "SELECT id FROM pictures WHERE width IS NULL OR colour IS NULL OR histogram IS NULL"
    assert rows(catalogue, half) == []
    assert rows(catalogue, "SELECT id FROM pictures WHERE lease_owner IS NOT NULL") == []
    told = rows(catalogue, "SELECT json_extract(data, '$.id') FROM events WHERE kind = 'picture_ready'")
    assert len(told) == len(set(told)) == len(files), "each picture became ready once"
    places = rows(catalogue, "SELECT path, picture_id FROM places WHERE present")
    assert len(places) == len({picture for _, picture in places}) == len(files)
    assert {bytes(path) for path, _ in places} == files
    assert_renditions_open(data, [identity for identity, *_ in pictures])
    assert JobQueue(data / "queue.db").waiting() == 0


def assert_renditions_open(data: Path, pictures: Sequence[str]) -> None:
    """See that each picture has its renditions, sealed whole, of the size that is written down."""
    blobs = Blobs(data / "blobs", Sealer(Keys.open(data, None).derive("blobs")))
    kinds: dict[str, list[str]] = {picture: [] for picture in pictures}
    for picture, kind, blob, width, height in rows(
        data / "catalogue.db", "SELECT picture_id, kind, blob, width, height FROM renditions ORDER BY kind"
    ):
        kinds[picture].append(kind)
        with Image.open(io.BytesIO(blobs.get(blob))) as opened:
            opened.load()
            assert opened.size == (width, height)
    assert {tuple(found) for found in kinds.values()} == {tuple(RENDITIONS)}


def rows(file: Path, question: str) -> list[tuple[Any, ...]]:
    """Ask a database file."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as reader:
        return reader.execute(question).fetchall()
