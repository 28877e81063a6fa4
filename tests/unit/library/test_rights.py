"""What the SQL says of rights and levels is what the rules mean, on random trees, grants and views."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from local_server.accounts.models import Role
from local_server.library.errors import AlbumUnknown, PictureUnknown, ViewsUsedUp
from local_server.library.models import View
from local_server.library.service import Library
from tests.support.albums import DEFAULT, NOW, SESSIONS, World, add_me, caller, clear, worlds, write
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


def _store(known: Catalogue, world: World) -> None:
    with known.database.write() as connection:
        clear(connection)
        write(connection, world)


def _ids(numbers: set[int]) -> set[str]:
    return {f"picture-{number}" for number in numbers}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_every_way_to_a_picture_follows_the_rules(known: Catalogue, library: Library, world: World) -> None:
    _store(known, world)
    everything = set(range(world.pictures))
    for who, seen in (
        (caller(), world.visible(SESSIONS[0])),
        (caller(Role.KIOSK, session=SESSIONS[1]), world.visible(SESSIONS[1])),
        (caller(sees="library"), everything),
        (caller(Role.MANAGER), everything),
        (caller(Role.AUDITOR, sees="library"), set[int]()),
    ):
        page = library.page(who)
        assert {picture.id for picture in page.pictures} == _ids(seen)
        assert page.total == len(seen)
        assert {picture.id: picture.level for picture in page.pictures} == {
            f"picture-{number}": world.level(number) for number in seen
        }
        assert library.known(who, _ids(everything)) == _ids(seen)
        overview = library.overview(who)
        assert overview.counts[View.ALL] == overview.counts[View.RECENT] == len(seen)
        assert sum(folder.count for folder in overview.folders) == len(seen)
        assert sum(number for _, number in overview.months) == len(seen)
        for number in everything:
            if number in seen:
                assert library.details(who, f"picture-{number}").picture.level is world.level(number)
                assert library.level(who, f"picture-{number}") is world.level(number)
                assert library.by_hash(who, f"{number:064}").id == f"picture-{number}"
                continue
            held = who.role is not Role.AUDITOR and any(
                world.reaches(grant, number) for grant in world.grants
            )
            for ask in (library.details, library.level):
                with pytest.raises(ViewsUsedUp if held else PictureUnknown):
                    ask(who, f"picture-{number}")
            with pytest.raises(PictureUnknown):
                library.by_hash(who, f"{number:064}")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_an_album_shows_what_is_below_it_and_may_be_seen(
    known: Catalogue, library: Library, world: World
) -> None:
    _store(known, world)
    numbers = set(range(len(world.albums)))
    for who, seen, knows in (
        (
            caller(),
            world.visible(SESSIONS[0]),
            {number for number in numbers if world.knows(number, SESSIONS[0])},
        ),
        (caller(sees="library"), set(range(world.pictures)), numbers),
    ):
        for number in numbers:
            if number not in knows:
                with pytest.raises(AlbumUnknown):
                    library.page(who, album=f"album-{number}")
                continue
            inside = {one for album in world.below(number, knows) for one in world.albums[album].pictures}
            page = library.page(who, album=f"album-{number}")
            assert {picture.id for picture in page.pictures} == _ids(inside & seen)
            assert page.total == len(inside & seen)
            walked, cursor = [], None
            while True:
                part = library.page(who, album=f"album-{number}", cursor=cursor, limit=2)
                walked += part.pictures
                cursor = part.next
                if cursor is None:
                    break
            assert walked == page.pictures


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_the_source_of_a_level_is_named_to_those_who_may_know_of_the_album(
    known: Catalogue, library: Library, world: World
) -> None:
    _store(known, world)
    for who, seen in (
        (caller(), world.visible(SESSIONS[0])),
        (caller(sees="library"), range(world.pictures)),
    ):
        for number in seen:
            source = library.details(who, f"picture-{number}").level_source
            if source == "default":
                assert world.level(number) is DEFAULT
            elif source == "another album":
                assert who.sees == "albums"
            else:
                album = int(source.removeprefix("Album "))
                assert world.albums[album].level is world.level(number)
                assert who.sees == "library" or world.knows(album, SESSIONS[0])
