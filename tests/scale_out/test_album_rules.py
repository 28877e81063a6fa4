"""PostgreSQL says of rights, levels and grants what SQLite does."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from local_server.accounts.models import Role
from local_server.albums.service import Albums
from local_server.audit.log import AuditLog
from local_server.grants.service import Grants
from local_server.library.openings import Openings
from local_server.library.service import Library
from tests.support.album_rules import (
    check_access,
    check_albums,
    check_every_way,
    check_sources,
    check_tree,
    store,
)
from tests.support.albums import DEFAULT, ME, NOW, World, add_me, add_pictures, caller, worlds
from tests.support.catalogue import catalogue
from tests.support.parts.postgresql import PostgreSQL


def test_the_rules_hold(postgresql: PostgreSQL, tmp_path: Path) -> None:
    audit = AuditLog(b"k" * 32, lambda: NOW)
    with catalogue(tmp_path / "data", postgresql.new_database()) as opened:
        database = opened.database
        with database.write() as connection:
            add_me(connection)
        library, grants = Library(database, lambda: NOW, DEFAULT), Grants(database, audit, lambda: NOW)
        albums = Albums(database, audit, lambda: NOW, DEFAULT)

        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        @given(world=worlds())
        def hold(world: World) -> None:
            store(database, world)
            check_every_way(library, world)
            check_albums(library, world)
            check_sources(library, world)
            check_tree(albums, world)
            check_access(grants, world)

        hold()
        store(database, World(0))
        with database.write() as connection:
            add_pictures(connection, 3)
        staff = caller(Role.MANAGER)
        made = albums.create(staff, "Made", parent_id=None, level=None, inherits=True)
        assert albums.add(staff, made.album.id, ["picture-1", "picture-1", "no such"]).added == 1
        grants.grant(staff, made.album.id, ME, expires_at=None, view_limit=1)
        Openings(database, audit, lambda: NOW).note(caller(), "picture-1")
        (grant,), _, _ = grants.of_album(made.album.id, cursor=None, limit=5)
        assert grant.views_left == 0
        grants.revoke(staff, grant.id)
        assert albums.remove(staff, made.album.id, ["picture-1"]) == 1
        albums.delete(staff, made.album.id)
