"""With 20,000 pictures no list of the library walks through a whole table."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert

from local_server.accounts.models import Caller, Role
from local_server.audit.log import AuditLog
from local_server.database.tables import albums, grants
from local_server.library.models import View
from local_server.library.openings import Openings
from local_server.library.service import Library
from tests.support.albums import DEFAULT, ME, NOW, add_me, add_pictures, caller, put
from tests.support.catalogue import Catalogue, catalogue

MANY = 20_000
LARGE = ("pictures", "places", "album_pictures", "grant_views", "grants", "renditions", "albums")
WHO = [caller(Role.MANAGER), caller(sees="library"), caller()]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """Store a hundred albums of 300 pictures, ten below each of ten, three of which are granted."""
    with catalogue(tmp_path_factory.mktemp("plans") / "data") as opened:
        with opened.database.write() as connection:
            add_me(connection)
            add_pictures(connection, MANY)
            for number in range(100):
                values: dict[str, Any] = {"id": f"album-{number}", "name": f"Album {number}"}
                if number >= 10:
                    values["parent_id"] = f"album-{number % 10}"
                values |= {"name_folded": values["name"].lower(), "created_at": NOW, "created_by": ME}
                connection.execute(insert(albums).values(values))
                put(connection, f"album-{number}", range(number * 190, number * 190 + 300))
            for number in range(3):
                connection.execute(
                    insert(grants).values(
                        id=f"grant-{number}",
                        album_id=f"album-{number}",
                        account_id=ME,
                        created_at=NOW,
                        created_by=ME,
                        view_limit=1000,
                    )
                )
        yield opened


@pytest.fixture(scope="module")
def library(known: Catalogue) -> Library:
    return Library(known.database, lambda: NOW, DEFAULT)


@contextmanager
def plans() -> Iterator[dict[str, list[str]]]:
    """Yield the plan of every query that is made meanwhile, by its text."""
    found: dict[str, list[str]] = {}

    def explain(
        _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found[statement] = [str(row[3]) for row in rows]

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


def scanned(steps: list[str]) -> list[str]:
    """Return the steps that read a whole large table; one that reads an index from end to end is one too."""
    return [step for step in steps if re.match(rf"SCAN ({'|'.join(LARGE)})(_\d+)?\b", step)]


@pytest.mark.parametrize("who", WHO, ids=("manager", "library", "albums"))
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"view": View.RECENT},
        {"view": View.FAVOURITES},
        {"view": View.PICKS},
        {"album": "album-2"},
        {"folder": "folder 3"},
        {"words": "123"},
    ],
    ids=lambda query: "-".join(map(str, query.values())) or "all",
)
def test_lists_use_an_index(library: Library, who: Caller, query: dict[str, Any]) -> None:
    with plans() as found:
        page = library.page(who, **query)
        if page.next:
            library.page(who, **query, cursor=page.next)
    assert found
    for statement, steps in found.items():
        assert not scanned(steps), f"{statement}\n{steps}"


@pytest.mark.parametrize("who", WHO, ids=("manager", "library", "albums"))
def test_single_pictures_use_an_index(known: Catalogue, library: Library, who: Caller) -> None:
    openings = Openings(known.database, AuditLog(b"k" * 32, lambda: NOW), lambda: NOW)
    with plans() as found:
        library.details(who, "picture-5")
        library.by_hash(who, f"{5:064}")
        library.known(who, [f"picture-{number}" for number in range(500)])
        library.level(who, "picture-5")
        openings.note(who, "picture-5")
    for statement, steps in found.items():
        assert not scanned(steps), f"{statement}\n{steps}"


def test_a_page_is_read_with_as_many_queries_as_one_picture(library: Library) -> None:
    counted = []
    for limit in (1, 500):
        with plans() as found:
            assert len(library.page(caller(), limit=limit).pictures) == limit
        counted.append(len(found))
    assert counted[0] == counted[1]


@pytest.mark.parametrize("who", WHO, ids=("manager", "library", "albums"))
def test_the_counts_of_the_side_bar_use_an_index(library: Library, who: Caller) -> None:
    with plans() as found:
        library.overview(who)
    for statement, steps in found.items():
        # Every folder is counted, which takes all of an index, but no row of the table.
        bare = [step for step in scanned(steps) if "INDEX" not in step]
        assert not bare, f"{statement}\n{steps}"
