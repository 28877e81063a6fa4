"""Albums: the tree as it is shown to each person, and the rules of its changes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from local_server.accounts.models import Role
from local_server.albums.errors import (
    AlbumHasAlbums,
    AlbumInItself,
    AlbumNameTaken,
    AlbumNameUnusable,
    AlbumsFull,
    AlbumsTooDeep,
)
from local_server.albums.models import Added, AlbumChanges, ListedAlbum
from local_server.albums.service import DEEPEST, MOST_ALBUMS, Albums
from local_server.audit.log import AuditLog
from local_server.database.tables import albums, audit_entries, events, grants, pictures
from local_server.grants.service import Grants
from local_server.library.errors import AlbumUnknown
from local_server.library.protection import Level
from local_server.library.service import Library
from tests.support.album_rules import check_tree, store
from tests.support.albums import (
    DEFAULT,
    ME,
    NOW,
    World,
    add_me,
    add_pictures,
    caller,
    clear,
    worlds,
)
from tests.support.catalogue import Catalogue, catalogue

STAFF = caller(Role.MANAGER)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue(tmp_path_factory.mktemp("albums") / "data") as opened:
        with opened.database.write() as connection:
            add_me(connection)
        yield opened


@pytest.fixture
def room(known: Catalogue) -> Albums:
    with known.database.write() as connection:
        clear(connection)
        add_pictures(connection, 5)
    return Albums(known.database, AuditLog(b"k" * 32, lambda: NOW), lambda: NOW, DEFAULT)


def _make(
    room: Albums, name: str, parent: ListedAlbum | None = None, level: Level | None = None
) -> ListedAlbum:
    return room.create(
        STAFF, name, parent_id=None if parent is None else parent.album.id, level=level, inherits=True
    )


def _last(known: Catalogue, number: int = 1) -> list[tuple[str, dict[str, Any]]]:
    with known.database.read() as connection:
        rows = connection.execute(
            select(audit_entries).order_by(audit_entries.c.sequence.desc()).limit(number)
        )
        return [(row.kind, row.detail) for row in rows]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_each_person_gets_the_tree_of_what_they_may_see(known: Catalogue, room: Albums, world: World) -> None:
    store(known.database, world)
    check_tree(room, world)


def test_an_album_is_made_renamed_moved_and_deleted(known: Catalogue, room: Albums) -> None:
    trips, work = _make(room, " Trips "), _make(room, "Work", level=Level.SEALED)
    iceland = _make(room, "Iceland", trips)
    assert (trips.album.name, iceland.parent_id, iceland.level) == ("Trips", trips.album.id, DEFAULT)
    moved = room.change(STAFF, iceland.album.id, {"parent_id": work.album.id, "name": "Iceland 2026"})
    assert (moved.parent_id, moved.album.name, moved.level) == (work.album.id, "Iceland 2026", Level.SEALED)
    assert _last(known, 2) == [
        (
            "album_level_changed",
            {
                "album": "Iceland 2026",
                "album_id": iceland.album.id,
                "level_before": DEFAULT,
                "level": "sealed",
            },
        ),
        (
            "album_changed",
            {
                "album": "Iceland 2026",
                "album_id": iceland.album.id,
                "was_called": "Iceland",
                "moved_from": "Trips",
                "moved_to": "Work",
            },
        ),
    ]
    with pytest.raises(AlbumHasAlbums):
        room.delete(STAFF, work.album.id)
    room.add(STAFF, iceland.album.id, ["picture-1", "picture-2"])
    room.delete(STAFF, iceland.album.id)
    assert _last(known)[0][1]["pictures"] == 2
    assert [one.album.name for one in room.tree(STAFF)] == ["Trips", "Work"]
    with known.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(pictures)).scalar_one() == 5
    gone = iceland.album.id
    with pytest.raises(AlbumUnknown):
        room.delete(STAFF, gone)
    with pytest.raises(AlbumUnknown):
        room.change(STAFF, gone, {"name": "x"})
    with pytest.raises(AlbumUnknown):
        room.add(STAFF, gone, ["picture-1"])
    with pytest.raises(AlbumUnknown):
        room.remove(STAFF, gone, ["picture-1"])
    with pytest.raises(AlbumUnknown):
        room.change(STAFF, trips.album.id, {"parent_id": gone})
    with pytest.raises(AlbumUnknown):
        _make(room, "x", iceland)


def test_a_changed_level_is_audited_and_told_and_a_change_of_nothing_is_not(
    known: Catalogue, room: Albums
) -> None:
    album = _make(room, "Client proofs")
    room.add(STAFF, album.album.id, ["picture-1"])
    raised = room.change(STAFF, album.album.id, {"level": Level.SEALED})
    assert raised.level is Level.SEALED
    assert _last(known) == [
        (
            "album_level_changed",
            {
                "album": "Client proofs",
                "album_id": album.album.id,
                "level_before": "guarded",
                "level": "sealed",
            },
        )
    ]
    with known.database.read() as connection:
        told = connection.execute(select(events).order_by(events.c.sequence.desc()).limit(1)).one()
    assert (told.kind, told.data) == ("album_changed", {"id": album.album.id}), "no name leaves by this way"
    library = Library(known.database, lambda: NOW, DEFAULT)
    assert library.details(STAFF, "picture-1").level_source == "Client proofs"
    count = len(_last(known, 1000))
    room.change(STAFF, album.album.id, {"level": Level.SEALED, "name": "Client proofs"})
    room.change(STAFF, album.album.id, {})
    assert len(_last(known, 1000)) == count
    assert room.change(STAFF, album.album.id, {"level": None}).level is DEFAULT


@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "x" * 129])
def test_a_name_that_cannot_be_read_is_refused(room: Albums, name: str) -> None:
    with pytest.raises(AlbumNameUnusable):
        _make(room, name)


def test_two_albums_beside_each_other_have_two_names(room: Albums) -> None:
    trips = _make(room, "Trips")
    _make(room, "Trips", trips)
    other = _make(room, "Other")
    with pytest.raises(AlbumNameTaken):
        _make(room, "TRIPS")
    with pytest.raises(AlbumNameTaken):
        room.change(STAFF, other.album.id, {"name": "trips"})
    with pytest.raises(AlbumInItself):
        room.change(STAFF, trips.album.id, {"parent_id": trips.album.id})
    assert room.change(STAFF, trips.album.id, {"name": "TRIPS"}).album.name == "TRIPS"


def test_albums_are_neither_too_deep_nor_too_many(known: Catalogue, room: Albums) -> None:
    chain = [_make(room, "0")]
    for number in range(1, DEEPEST):
        chain.append(_make(room, str(number), chain[-1]))
    with pytest.raises(AlbumsTooDeep):
        _make(room, "one more", chain[-1])
    pair = _make(room, "pair")
    _make(room, "below", pair)
    room.change(STAFF, pair.album.id, {"parent_id": chain[-3].album.id})
    with pytest.raises(AlbumsTooDeep):
        room.change(STAFF, pair.album.id, {"parent_id": chain[-2].album.id})
    with known.database.write() as connection:
        connection.execute(
            albums.insert(),
            [
                {"id": f"x{n}", "name": f"x{n}", "name_folded": f"x{n}", "created_at": NOW, "created_by": ME}
                for n in range(MOST_ALBUMS - DEEPEST - 2)
            ],
        )
    with pytest.raises(AlbumsFull):
        _make(room, "the last straw")
    assert len(room.tree(STAFF)) == MOST_ALBUMS


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 5), st.none() | st.integers(0, 5)), max_size=12))
def test_no_move_ties_a_knot(known: Catalogue, room: Albums, moves: list[tuple[int, int | None]]) -> None:
    with known.database.write() as connection:
        clear(connection)
    made = [_make(room, str(number)) for number in range(6)]
    parents: dict[int, int | None] = dict.fromkeys(range(6))
    for album, parent in moves:
        above, knot = parent, False
        while above is not None:
            knot = knot or above == album
            above = parents[above]
        change: AlbumChanges = {"parent_id": None if parent is None else made[parent].album.id}
        if knot:
            with pytest.raises(AlbumInItself):
                room.change(STAFF, made[album].album.id, change)
        else:
            room.change(STAFF, made[album].album.id, change)
            parents[album] = parent
    names = {one.album.id: int(one.album.name) for one in room.tree(STAFF)}
    assert len(names) == 6
    found = {int(one.album.name): one.parent_id for one in room.tree(STAFF)}
    assert {n: None if p is None else names[p] for n, p in found.items()} == parents


def test_pictures_are_put_in_once_and_taken_out(known: Catalogue, room: Albums) -> None:
    album = _make(room, "Picks")
    assert room.add(STAFF, album.album.id, ["picture-1", "picture-1", "nobody"]) == Added(1, 0, 1)
    assert room.add(STAFF, album.album.id, ["picture-1", "picture-2"]) == Added(1, 1, 0)
    assert _last(known)[0] == (
        "album_pictures_added",
        {"album": "Picks", "album_id": album.album.id, "pictures": 1},
    )
    assert room.remove(STAFF, album.album.id, ["picture-2", "picture-3"]) == 1
    assert room.remove(STAFF, album.album.id, ["picture-2"]) == 0
    assert [one.count for one in room.tree(STAFF)] == [1]


def test_a_deleted_album_takes_its_grants_with_it(known: Catalogue, room: Albums) -> None:
    album = _make(room, "Short")
    room.add(STAFF, album.album.id, ["picture-1"])
    given = Grants(known.database, AuditLog(b"k" * 32, lambda: NOW), lambda: NOW)
    given.grant(STAFF, album.album.id, ME, expires_at=NOW + timedelta(days=1), view_limit=3)
    library = Library(known.database, lambda: NOW, DEFAULT)
    assert library.page(caller()).total == 1
    room.delete(STAFF, album.album.id)
    assert library.page(caller()).total == 0
    with known.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(grants)).scalar_one() == 0
