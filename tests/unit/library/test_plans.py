"""With 20,000 pictures no list of the library walks through a whole table."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_server.accounts.models import Caller, Role
from local_server.audit.log import AuditLog
from local_server.library.models import View
from local_server.library.openings import Openings
from local_server.library.service import Library
from tests.support.albums import DEFAULT, NOW, caller, write_large
from tests.support.catalogue import Catalogue, catalogue
from tests.support.plans import plans, scanned

WHO = [caller(Role.MANAGER), caller(sees="library"), caller()]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue(tmp_path_factory.mktemp("plans") / "data") as opened:
        with opened.database.write() as connection:
            write_large(connection)
        yield opened


@pytest.fixture(scope="module")
def library(known: Catalogue) -> Library:
    return Library(known.database, lambda: NOW, DEFAULT)


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
