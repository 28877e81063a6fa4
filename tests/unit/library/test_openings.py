"""Views are counted once a session and picture, and no two requests get the last one."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from local_server.accounts.models import Caller, Role
from local_server.audit.log import AuditLog
from local_server.database.tables import audit_entries, events, grant_views
from local_server.library.errors import PictureUnknown, ViewsUsedUp
from local_server.library.openings import Openings
from local_server.library.service import Library
from tests.support.albums import (
    DEFAULT,
    NOW,
    SESSIONS,
    AlbumCase,
    GrantCase,
    World,
    add_me,
    caller,
    clear,
    write,
)
from tests.support.catalogue import Catalogue, catalogue

ALL = frozenset(range(5))
NONE: frozenset[tuple[str, int]] = frozenset()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue(tmp_path_factory.mktemp("openings") / "data") as opened:
        with opened.database.write() as connection:
            add_me(connection)
        yield opened


def _store(known: Catalogue, *grants: GrantCase) -> Openings:
    with known.database.write() as connection:
        clear(connection)
        write(connection, World(5, [AlbumCase(None, None, True, ALL)], list(grants)))
    return Openings(known.database, AuditLog(b"k" * 32, lambda: NOW), lambda: NOW)


def _counted(known: Catalogue) -> dict[str, int]:
    with known.database.read() as connection:
        rows = connection.execute(
            select(grant_views.c.grant_id, func.count()).group_by(grant_views.c.grant_id)
        )
        return {str(grant): int(number) for grant, number in rows}


def test_a_picture_counts_once_in_a_session(known: Catalogue) -> None:
    openings = _store(known, GrantCase(0, None, 2, False, NONE))
    for _ in range(3):
        openings.note(caller(), "picture-0")
    assert _counted(known) == {"grant-0": 1}
    openings.note(caller(session=SESSIONS[1]), "picture-0")
    assert _counted(known) == {"grant-0": 2}
    openings.note(caller(), "picture-0")
    with pytest.raises(ViewsUsedUp):
        openings.note(caller(), "picture-1")
    library = Library(known.database, lambda: NOW, DEFAULT)
    assert library.known(caller(), ["picture-0", "picture-1"]) == {"picture-0"}, "what is open stays open"


def test_the_last_view_is_audited_and_told_to_whom_it_concerns(known: Catalogue) -> None:
    openings = _store(known, GrantCase(0, None, 1, False, NONE))
    openings.note(caller(), "picture-3")
    with known.database.read() as connection:
        entry = connection.execute(
            select(audit_entries).order_by(audit_entries.c.sequence.desc()).limit(1)
        ).one()
        event = connection.execute(select(events).order_by(events.c.sequence.desc()).limit(1)).one()
    assert (entry.kind, entry.picture_id, entry.detail["album"]) == ("grant_used_up", "picture-3", "Album 0")
    assert (event.kind, event.data) == ("grants_changed", {"account_id": caller().account_id})


@pytest.mark.parametrize(
    "who", [caller(Role.ADMIN), caller(Role.MANAGER), caller(sees="library")], ids=lambda who: who.role
)
def test_who_sees_the_library_spends_no_views(known: Catalogue, who: Caller) -> None:
    openings = _store(known, GrantCase(0, None, 1, False, NONE))
    openings.note(who, "picture-0")
    assert _counted(known) == {}


def test_a_grant_without_a_limit_is_used_before_one_with_a_limit(known: Catalogue) -> None:
    openings = _store(known, GrantCase(0, None, 1, False, NONE), GrantCase(0, None, None, False, NONE))
    openings.note(caller(), "picture-0")
    assert _counted(known) == {}


def test_the_grant_that_ends_first_is_spent_first(known: Catalogue) -> None:
    openings = _store(
        known,
        GrantCase(0, None, 3, False, NONE),
        GrantCase(0, 20, 1, False, NONE),
        GrantCase(0, 10, 1, False, NONE),
        GrantCase(0, -1, 9, False, NONE),
        GrantCase(0, 5, 9, True, NONE),
    )
    for number, expected in enumerate(("grant-2", "grant-1", "grant-0", "grant-0", "grant-0")):
        before = _counted(known)
        openings.note(caller(), f"picture-{number}")
        assert _counted(known) == {**before, expected: before.get(expected, 0) + 1}


def test_without_a_grant_nothing_is_opened(known: Catalogue) -> None:
    openings = _store(known, GrantCase(0, -1, None, False, NONE), GrantCase(0, None, None, True, NONE))
    with pytest.raises(PictureUnknown):
        openings.note(caller(), "picture-0")


def test_of_many_requests_at_once_as_many_are_served_as_there_are_views(known: Catalogue) -> None:
    openings = _store(known, GrantCase(0, None, 2, False, NONE))
    outcomes: list[str] = []
    together = threading.Barrier(10)

    def open_one(number: int) -> None:
        together.wait()
        try:
            openings.note(caller(session=SESSIONS[number % 2]), f"picture-{number // 2}")
            outcomes.append("open")
        except ViewsUsedUp:
            outcomes.append("used up")

    threads = [threading.Thread(target=open_one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["open"] * 2 + ["used up"] * 8
    assert _counted(known) == {"grant-0": 2}
