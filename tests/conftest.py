"""What every kind of test has: a server on a data directory of its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.people import add_people
from tests.support.server import Server, running

pytest_plugins = ["tests.support.parts.fixtures"]

# Machines are noisy: no test may fail for being slow.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

NewServer = Callable[..., AbstractContextManager[Server]]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Return where a data directory can be made."""
    return tmp_path / "data"


@pytest.fixture
def empty_server(data_dir: Path) -> Iterator[Server]:
    """Run a server on which nothing was set up."""
    with running(data_dir) as server:
        yield server


@pytest.fixture
def own_server(data_dir: Path) -> Iterator[Server]:
    """Run a server for one test alone, with one account of every role, named after the role."""
    add_people(data_dir)
    with running(data_dir) as server:
        yield server


@pytest.fixture
def new_server(data_dir: Path) -> NewServer:
    """Return what runs a server on `data_dir` for the length of a `with`; keywords are settings."""
    return partial(running, data_dir)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for all tests that change nothing; an account of every role is named after the role."""
    root = tmp_path_factory.mktemp("shared") / "data"
    add_people(root)
    with running(root) as running_server:
        yield running_server
