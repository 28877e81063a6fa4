"""Grants are made, replaced, revoked and end; what a person may see adds up to what they get."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select, update

from local_server.accounts.errors import CursorInvalid
from local_server.accounts.models import Role
from local_server.audit.log import AuditLog
from local_server.database.tables import accounts, audit_entries, events
from local_server.grants.errors import GranteeUnknown, GrantExpired, GrantPointless, GrantUnknown
from local_server.grants.models import GrantState
from local_server.grants.service import Grants
from local_server.library.errors import AlbumUnknown
from local_server.library.openings import Openings
from local_server.library.rights import Scope
from local_server.library.service import Library
from tests.support.album_rules import check_access, store
from tests.support.albums import DEFAULT, ME, NOW, AlbumCase, World, add_me, caller, clear, worlds, write
from tests.support.catalogue import Catalogue, catalogue
from tests.support.clock import Clock

STAFF = caller(Role.ADMIN)
TWO = World(5, [AlbumCase(None, None, True, frozenset({0, 1})), AlbumCase(0, None, True, frozenset({1, 2}))])


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue(tmp_path_factory.mktemp("grants") / "data") as opened:
        with opened.database.write() as connection:
            add_me(connection)
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def room(known: Catalogue, clock: Clock) -> Iterator[Grants]:
    with known.database.write() as connection:
        clear(connection)
        write(connection, TWO)
    yield Grants(known.database, AuditLog(b"k" * 32, clock), clock)
    _become(known, Role.VIEWER)


def _become(known: Catalogue, role: Role, sees: str = "albums") -> None:
    with known.database.write() as connection:
        connection.execute(update(accounts).where(accounts.c.id == ME).values(role=role, sees=sees))


def _seen(known: Catalogue, clock: Clock) -> set[str]:
    return {one.id for one in Library(known.database, clock, DEFAULT).page(caller()).pictures}


def test_a_grant_lets_see_until_it_ends(known: Catalogue, room: Grants, clock: Clock) -> None:
    assert _seen(known, clock) == set()
    room.grant(STAFF, "album-1", ME, expires_at=NOW + timedelta(hours=1), view_limit=None)
    assert _seen(known, clock) == {"picture-1", "picture-2"}
    clock.forward(minutes=59)
    assert _seen(known, clock) == {"picture-1", "picture-2"}
    clock.forward(minutes=1)
    assert _seen(known, clock) == set()
    (grant,), _, now = room.of_album("album-1", cursor=None, limit=10)
    assert grant.state(now) is GrantState.EXPIRED


def test_a_new_grant_replaces_the_one_before(known: Catalogue, room: Grants, clock: Clock) -> None:
    first, _ = room.grant(STAFF, "album-0", ME, expires_at=None, view_limit=1)
    Openings(known.database, AuditLog(b"k" * 32, clock), clock).note(caller(), "picture-0")
    assert _seen(known, clock) == {"picture-0"}
    second, _ = room.grant(STAFF, "album-0", ME, expires_at=None, view_limit=2)
    assert second.views_left == 2
    assert _seen(known, clock) == {"picture-0", "picture-1", "picture-2"}
    found, _, _ = room.of_album("album-0", cursor=None, limit=10)
    assert [grant.id for grant in found] == [second.id]
    with pytest.raises(GrantUnknown):
        room.revoke(STAFF, first.id)


def test_a_revoked_grant_gives_nothing_and_is_recorded(known: Catalogue, room: Grants, clock: Clock) -> None:
    grant, _ = room.grant(STAFF, "album-0", ME, expires_at=None, view_limit=None)
    room.revoke(STAFF, grant.id)
    assert _seen(known, clock) == set()
    with known.database.read() as connection:
        entries = connection.execute(
            select(audit_entries).order_by(audit_entries.c.sequence.desc()).limit(2)
        ).all()
        told = connection.execute(select(events).order_by(events.c.sequence.desc()).limit(2)).all()
    assert [(entry.kind, entry.detail["album"], entry.detail["person"]) for entry in entries] == [
        ("grant_revoked", "Album 0", ME),
        ("grant_made", "Album 0", ME),
    ]
    assert [(event.kind, event.data) for event in told] == [("grants_changed", {"account_id": ME})] * 2
    with pytest.raises(GrantUnknown):
        room.revoke(STAFF, grant.id)


def test_the_grants_of_an_album_are_its_own_and_those_it_inherits(room: Grants) -> None:
    above, _ = room.grant(STAFF, "album-0", ME, expires_at=None, view_limit=None)
    own, _ = room.grant(STAFF, "album-1", ME, expires_at=None, view_limit=3)
    first, cursor, _ = room.of_album("album-1", cursor=None, limit=1)
    second, end, _ = room.of_album("album-1", cursor=cursor, limit=1)
    assert {one.id for one in first + second} == {above.id, own.id}
    assert end is None
    found, _, _ = room.of_album("album-0", cursor=None, limit=10)
    assert [one.id for one in found] == [above.id]


def test_what_makes_no_sense_is_refused(known: Catalogue, room: Grants) -> None:
    with pytest.raises(AlbumUnknown):
        room.grant(STAFF, "nowhere", ME, expires_at=None, view_limit=None)
    with pytest.raises(AlbumUnknown):
        room.of_album("nowhere", cursor=None, limit=1)
    with pytest.raises(GranteeUnknown):
        room.grant(STAFF, "album-0", "nobody", expires_at=None, view_limit=None)
    with pytest.raises(GranteeUnknown):
        room.access("nobody", cursor=None, limit=1)
    with pytest.raises(GrantExpired):
        room.grant(STAFF, "album-0", ME, expires_at=NOW, view_limit=None)
    for cursor in ("x", "e30", "WzFd", "WyJhIiwgImIiXQ"):
        with pytest.raises(CursorInvalid):
            room.access(ME, cursor=cursor, limit=1)
    for role in (Role.ADMIN, Role.MANAGER, Role.AUDITOR):
        _become(known, role)
        with pytest.raises(GrantPointless):
            room.grant(STAFF, "album-0", ME, expires_at=None, view_limit=None)


@pytest.mark.parametrize(
    ("role", "sees", "scope", "total"),
    [
        (Role.ADMIN, "albums", Scope.EVERYTHING, 5),
        (Role.MANAGER, "albums", Scope.EVERYTHING, 5),
        (Role.VIEWER, "library", Scope.EVERYTHING, 5),
        (Role.AUDITOR, "library", Scope.NOTHING, 0),
        (Role.VIEWER, "albums", Scope.GRANTED, 3),
        (Role.KIOSK, "albums", Scope.GRANTED, 3),
        (Role.KIOSK, "something new", Scope.GRANTED, 3),
    ],
)
def test_access_depends_on_the_role(
    known: Catalogue, room: Grants, role: Role, sees: str, scope: Scope, total: int
) -> None:
    room.grant(STAFF, "album-0", ME, expires_at=None, view_limit=None)
    _become(known, role, sees)
    access = room.access(ME, cursor=None, limit=10)
    assert (access.scope, access.total) == (scope, total)
    assert len(access.ways) == (2 if scope is Scope.GRANTED else 0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_access_names_every_album_that_gives_something(known: Catalogue, room: Grants, world: World) -> None:
    store(known.database, world)
    check_access(room, world)
