"""Nodes: fresh while they live, gone after a clean end, pruned after a death."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from local_server.health.checks import WorkersElsewhereCheck
from local_server.health.models import Status
from local_server.health.nodes import Node, OwnNode, known_nodes
from tests.support.clock import Clock


@pytest.fixture(params=["file", "server"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    data = DataDirectory(tmp_path / "data")
    data.prepare()
    url = None
    if request.param == "server":
        from sqlalchemy.engine import make_url

        url = make_url(request.getfixturevalue("database_url"))
    opened = open_catalogue(data, url)
    yield opened
    opened.close()


def test_a_node_is_there_from_start_to_clean_stop(database: Database) -> None:
    clock = Clock()
    server, worker = OwnNode(database, "server", clock), OwnNode(database, "worker", clock)
    server.start()
    worker.start()
    assert sorted((node.kind, node.alive) for node in known_nodes(database, clock)) == [
        ("server", True),
        ("worker", True),
    ]
    worker.stop()
    assert [node.kind for node in known_nodes(database, clock)] == ["server"]
    server.stop()
    assert known_nodes(database, clock) == []


def test_a_node_that_died_is_dead_soon_and_forgotten_later(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.prepare()
    database, clock = open_catalogue(data), Clock()
    dead, living = OwnNode(database, "worker", clock), OwnNode(database, "server", clock)
    dead._beat()
    clock.forward(seconds=5)
    assert [node.alive for node in known_nodes(database, clock)] == [False]
    clock.forward(seconds=50)
    assert len(known_nodes(database, clock)) == 1
    clock.forward(seconds=10)
    living._beat()
    assert [node.kind for node in known_nodes(database, clock)] == ["server"]
    database.close()


def test_an_outage_of_the_catalogue_is_waited_out(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.prepare()
    database, clock = open_catalogue(data), Clock()
    node = OwnNode(database, "server", clock)
    node.start()
    data.catalogue.rename(data.root / "aside")
    database.close()
    data.catalogue.mkdir()
    node.stop()
    data.catalogue.rmdir()
    (data.root / "aside").rename(data.catalogue)
    assert len(known_nodes(database, clock)) == 1
    database.close()


def node(kind: str, silent_seconds: float) -> Node:
    return Node("1", kind, "here", 7, "0", Clock()(), silent_seconds)


@pytest.mark.parametrize(
    ("nodes", "status"),
    [
        ([], Status.DEGRADED),
        ([node("server", 0.0)], Status.DEGRADED),
        ([node("worker", 20.0)], Status.DEGRADED),
        ([node("worker", 20.0), node("worker", 1.0)], Status.HEALTHY),
    ],
)
def test_one_worker_that_lives_is_enough(nodes: list[Node], status: Status) -> None:
    assert WorkersElsewhereCheck(lambda: nodes).check().status is status
