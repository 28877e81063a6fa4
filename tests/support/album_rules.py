"""The rules of albums, grants and levels, compared with what the server says of a small library."""

import pytest

from local_server.accounts.models import Role
from local_server.albums.service import Albums
from local_server.database.engine import Database
from local_server.grants.models import Access, Way
from local_server.grants.service import Grants
from local_server.library.errors import AlbumUnknown, PictureUnknown, ViewsUsedUp
from local_server.library.models import View
from local_server.library.service import Library
from tests.support.albums import DEFAULT, ME, SESSIONS, World, caller, clear, write


def store(database: Database, world: World) -> None:
    """Make a library this one."""
    with database.write() as connection:
        clear(connection)
        write(connection, world)


def check_every_way(library: Library, world: World) -> None:
    """Compare every way to a picture."""
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
        spending = who.role in (Role.VIEWER, Role.KIOSK) and who.sees == "albums"
        assert {picture.id for picture in page.pictures if picture.costs_view} == _ids(
            {number for number in seen if spending and world.costs(number, who.viewing_session_id)}
        )
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


def check_albums(library: Library, world: World) -> None:
    """Compare the list of every album."""
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


def check_sources(library: Library, world: World) -> None:
    """See that no album is named to whom it is not for."""
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


def check_tree(room: Albums, world: World) -> None:
    """Compare the tree, its counts and levels."""
    numbers = set(range(len(world.albums)))
    for who, knows, seen in (
        (caller(), {one for one in numbers if world.knows(one, SESSIONS[0])}, world.visible(SESSIONS[0])),
        (caller(Role.MANAGER), numbers, set(range(world.pictures))),
    ):
        listed = room.tree(who)
        assert {one.album.id for one in listed} == {f"album-{number}" for number in knows}
        before: dict[str, int] = {}
        for one in listed:
            number = int(one.album.id.removeprefix("album-"))
            assert one.level is world.album_level(number)
            inside = {p for album in world.below(number, knows) for p in world.albums[album].pictures}
            assert one.count == len(inside & seen)
            parent = world.albums[number].parent
            assert one.parent_id == (f"album-{parent}" if parent in knows else None)
            assert one.depth == (0 if one.parent_id is None else before[one.parent_id] + 1)
            before[one.album.id] = one.depth


def check_access(room: Grants, world: World) -> None:
    """Compare what a person is said to see."""
    expected = {
        (f"album-{album}", f"grant-{number}"): (
            f"album-{grant.album}",
            len(world.albums[album].pictures),
            None if grant.limit is None else grant.limit - len(grant.views),
        )
        for number, grant in enumerate(world.grants)
        if grant.has_views
        for album in range(len(world.albums))
        if world.holds_for(grant, album)
    }
    access = _walked(room, 2)
    assert {
        (way.album_id, way.grant_id): (way.granted_on_id, way.pictures, way.views_left) for way in access.ways
    } == expected
    assert len(access.ways) == len(expected)
    assert [way.album_name for way in access.ways] == sorted(way.album_name for way in access.ways)
    assert access.total == len(world.visible("no session"))


def _walked(room: Grants, limit: int) -> Access:
    ways: list[Way] = []
    cursor = None
    while True:
        part = room.access(ME, cursor=cursor, limit=limit)
        ways += part.ways
        cursor = part.next
        if cursor is None:
            return Access(part.scope, part.total, ways, None)


def _ids(numbers: set[int]) -> set[str]:
    return {f"picture-{number}" for number in numbers}
