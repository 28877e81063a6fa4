"""What is looked at goes first, and looking often costs one question in a while."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_server.importer import leases, queries
from local_server.importer.looking import PRIORITY, Looking
from local_server.jobs.queue import JobQueue
from tests.support.catalogue import Catalogue, catalogue, now
from tests.support.pictures import encoded, noise


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Catalogue]:
    """Return a catalogue with a waiting picture in each of two folders."""
    with catalogue(tmp_path / "data") as opened:
        for number, folder in enumerate(("Iceland", "Jura")):
            (tmp_path / "gallery" / folder).mkdir(parents=True)
            (tmp_path / "gallery" / folder / "one.png").write_bytes(encoded(noise(8, 8, number), "PNG"))
        opened.reconciler.scan(bytes(tmp_path / "gallery"))
        yield opened


def order(known: Catalogue) -> list[tuple[str, int]]:
    with known.database.read() as connection:
        return [
            (str(queries.first_place(connection, one).folder), priority)  # type: ignore[union-attr]  # it has one
            for one, priority in leases.unfinished(connection, now(), 10)
        ]


@pytest.mark.parametrize("folder", ["Iceland", "Jura"])
def test_the_folder_that_is_looked_at_goes_first(known: Catalogue, folder: str) -> None:
    queue = JobQueue(known.data.queue)
    Looking(known.database, queue).at(folder)
    assert order(known)[0] == (folder, PRIORITY)
    assert queue.waiting() == 1


def test_all_of_it_is_hurried_when_the_whole_gallery_is_looked_at(known: Catalogue) -> None:
    Looking(known.database, JobQueue(known.data.queue)).at("")
    assert [priority for _, priority in order(known)] == [PRIORITY, PRIORITY]


def test_looking_again_soon_asks_nothing(known: Catalogue) -> None:
    queue, clock = JobQueue(known.data.queue), iter([0.0, 9.0, 10.0])
    looking = Looking(known.database, queue, lambda: next(clock))
    looking.at("Jura")
    queue.clear()
    looking.at("Jura")
    looking.at("Jura")
    assert queue.waiting() == 0, "what was hurried once is not hurried again"


def test_a_queue_that_is_broken_keeps_nobody_from_looking(known: Catalogue) -> None:
    known.data.queue.write_bytes(b"no database" * 100)
    Looking(known.database, JobQueue(known.data.queue)).at("Jura")
    assert order(known)[0] == ("Jura", PRIORITY)
