"""What the SQL says of rights and levels is what the rules mean, on random trees, grants and views."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from local_server.library.service import Library
from tests.support.album_rules import check_albums, check_every_way, check_sources, store
from tests.support.albums import DEFAULT, NOW, World, add_me, worlds
from tests.support.catalogue import Catalogue, catalogue


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue(tmp_path_factory.mktemp("rights") / "data") as opened:
        with opened.database.write() as connection:
            add_me(connection)
        yield opened


@pytest.fixture(scope="module")
def library(known: Catalogue) -> Library:
    return Library(known.database, lambda: NOW, DEFAULT)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_every_way_to_a_picture_follows_the_rules(known: Catalogue, library: Library, world: World) -> None:
    store(known.database, world)
    check_every_way(library, world)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_an_album_shows_what_is_below_it_and_may_be_seen(
    known: Catalogue, library: Library, world: World
) -> None:
    store(known.database, world)
    check_albums(library, world)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_the_source_of_a_level_is_named_to_those_who_may_know_of_the_album(
    known: Catalogue, library: Library, world: World
) -> None:
    store(known.database, world)
    check_sources(library, world)
