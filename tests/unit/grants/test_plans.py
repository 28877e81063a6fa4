"""The trees, grants and access of a library of 20,000 pictures are read by index."""

from collections.abc import Iterator

import pytest

from local_server.accounts.models import Caller, Role
from local_server.albums.service import Albums
from local_server.audit.log import AuditLog
from local_server.grants.service import Grants
from tests.support.albums import DEFAULT, ME, NOW, caller, write_large
from tests.support.catalogue import Catalogue, catalogue
from tests.support.plans import plans, scanned

AUDIT = AuditLog(b"k" * 32, lambda: NOW)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue(tmp_path_factory.mktemp("plans") / "data") as opened:
        with opened.database.write() as connection:
            write_large(connection)
        yield opened


@pytest.mark.parametrize("who", [caller(Role.MANAGER), caller()], ids=lambda who: who.role)
def test_the_tree_is_counted_by_index(known: Catalogue, who: Caller) -> None:
    with plans() as found:
        assert Albums(known.database, AUDIT, lambda: NOW, DEFAULT).tree(who)
    for statement, steps in found.items():
        assert not scanned(steps), f"{statement}\n{steps}"


def test_grants_and_access_are_read_by_index(known: Catalogue) -> None:
    room = Grants(known.database, AUDIT, lambda: NOW)
    with plans() as found:
        room.of_album("album-11", cursor=None, limit=10)
        access = room.access(ME, cursor=None, limit=10)
        assert access.next
        room.access(ME, cursor=access.next, limit=10)
    for statement, steps in found.items():
        assert not scanned(steps), f"{statement}\n{steps}"


def test_what_a_person_may_see_is_one_query(known: Catalogue) -> None:
    room = Grants(known.database, AUDIT, lambda: NOW)
    with plans() as found:
        access = room.access(ME, cursor=None, limit=10)
    assert access.total
    assert len(access.ways) == 10
    # The other one asks who that is.
    assert len(found) == 2
