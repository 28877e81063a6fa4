"""What the queue lost is offered again; what nobody knows is removed."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from local_server.database.tables import metadata, pictures, renditions
from local_server.importer import leases, queries
from local_server.jobs.inspection import OWNERS
from local_server.jobs.queue import JobQueue, QueueBroken
from local_server.jobs.service import queue_state
from local_server.jobs.sweep import OWNER_PREFIX, Sweep
from local_server.storage.blobs import Blobs
from local_server.storage.sealing import Sealer
from tests.support.catalogue import Catalogue, catalogue, now

IDS = [f"{number:032x}" for number in range(4)]


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Catalogue]:
    """Return a catalogue with four pictures that wait."""
    with catalogue(tmp_path / "data") as opened:
        with opened.database.write() as connection:
            for one in IDS:
                queries.add_picture(connection, one, one * 2, 1, now(), now())
        yield opened


@pytest.fixture
def blobs(known: Catalogue) -> Blobs:
    return Blobs(known.data.blobs, Sealer(b"k" * 32))


@pytest.fixture
def sweep(known: Catalogue, blobs: Blobs) -> Sweep:
    return Sweep(known.database, JobQueue(known.data.queue), blobs, now)


def _claim(known: Catalogue, one: str, owner: str) -> bool:
    with known.database.write() as connection:
        return leases.claim(connection, one, owner, now(), now() + timedelta(minutes=2))


def test_a_lease_has_one_holder_until_it_ends(known: Catalogue) -> None:
    assert _claim(known, IDS[0], "one")
    assert not _claim(known, IDS[0], "two")
    assert queue_state(known.database, now).active == 1
    with known.database.write() as connection:
        connection.execute(update(pictures).values(lease_until=now() - timedelta(seconds=1)))
    assert _claim(known, IDS[0], "two")
    with known.database.write() as connection:
        assert not leases.finish(connection, IDS[0], "one", {"status": "ready"}), "the lease was lost"
        assert leases.finish(connection, IDS[0], "two", {"status": "ready"})
    assert not _claim(known, IDS[0], "three"), "it is done"
    state = queue_state(known.database, now)
    assert (state.waiting, state.active, state.completed, state.failed, state.total) == (3, 0, 1, 0, 4)


def test_a_new_worker_takes_over_from_a_dead_one_and_from_nobody_else(known: Catalogue, sweep: Sweep) -> None:
    assert _claim(known, IDS[0], f"{OWNER_PREFIX}123:dead")
    assert _claim(known, IDS[1], "import:456:alive")
    queue = JobQueue(known.data.queue)
    queue.put(["lost"] * 9)
    sweep.begin()
    assert queue.waiting() == 3, "all but the one that an import is at; what was there is forgotten"
    with known.database.read() as connection:
        owners = connection.execute(
            select(pictures.c.lease_owner).where(pictures.c.lease_owner.is_not(None))
        ).scalars()
        assert list(owners) == ["import:456:alive"]


def test_pictures_are_offered_again_only_when_the_queue_is_empty(known: Catalogue, sweep: Sweep) -> None:
    assert sweep.offer() == 4
    assert sweep.offer() == 0
    JobQueue(known.data.queue).clear()
    with known.database.write() as connection:
        connection.execute(update(pictures).where(pictures.c.id == IDS[0]).values(status="ready"))
        connection.execute(update(pictures).where(pictures.c.id == IDS[1]).values(present=False))
    assert sweep.offer() == 2


def test_what_failed_before_comes_last(known: Catalogue) -> None:
    with known.database.write() as connection:
        connection.execute(update(pictures).where(pictures.c.id == IDS[0]).values(attempts=2))
    with known.database.read() as connection:
        assert leases.unfinished(connection, now(), 10)[-1] == (IDS[0], 0)


def test_only_old_blobs_that_no_row_names_are_removed(known: Catalogue, sweep: Sweep, blobs: Blobs) -> None:
    names = [f"{one}-screen" for one in IDS[:3]]
    for name in names:
        blobs.put(name, b"content")
    with known.database.write() as connection:
        connection.execute(
            insert(renditions).values(
                picture_id=IDS[0], kind="screen", blob=names[0], width=1, height=1, bytes=1
            )
        )
    for name in names[:2]:
        (path,) = known.data.blobs.rglob(name)
        os.utime(path, (1, 1))
    assert sweep.remove_orphans() == 1
    assert [blobs.exists(name) for name in names] == [True, False, True]


def test_every_column_that_names_a_blob_keeps_it() -> None:
    naming = {
        column
        for table in metadata.tables.values()
        for column in table.columns
        if column.name == "blob" or column.name.endswith("_blob")
    }
    assert naming == {column for _, column in OWNERS}


def test_a_broken_queue_says_what_to_do(known: Catalogue) -> None:
    known.data.queue.write_bytes(b"this is no database" * 100)
    with pytest.raises(QueueBroken) as caught:
        JobQueue(known.data.queue).put(["a"])
    assert "queue.db" in caught.value.advice
