"""Lists by keyset hold every picture once, in order, whatever arrives meanwhile."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from local_server.accounts.errors import CursorInvalid
from local_server.accounts.models import Caller, Role
from local_server.database.tables import pictures, places
from local_server.library.cursors import read_cursor, read_place, write_cursor, write_place
from local_server.library.errors import PictureUnknown
from local_server.library.models import View
from local_server.library.protection import Level
from local_server.library.service import Library, folder_tree
from tests.support.catalogue import Catalogue, catalogue, now

STAFF = Caller("a", "a", Role.MANAGER, "s", 1, "m", "library")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with catalogue(tmp_path_factory.mktemp("library") / "data") as opened:
        yield opened


@pytest.fixture
def library(known: Catalogue) -> Library:
    with known.database.write() as connection:
        connection.execute(delete(places))
        connection.execute(delete(pictures))
    return Library(known.database, now, Level.GUARDED)


def _add(
    known: Catalogue, minutes: int = 0, folder: str = "", name: str = "picture.jpg", **columns: Any
) -> str:
    picture_id = secrets.token_hex(16)
    values = {
        "id": picture_id,
        "content_hash": secrets.token_hex(32),
        "status": "ready",
        "bytes": 1,
        "width": 4,
        "height": 3,
        "format": "JPEG",
        "colour": "#808080",
        "added_at": START,
        "sort_at": START + timedelta(minutes=minutes),
        "present": True,
        **columns,
    }
    with known.database.write() as connection:
        connection.execute(insert(pictures).values(values))
        connection.execute(
            insert(places).values(
                picture_id=picture_id,
                path=f"/{picture_id}".encode(),
                root=b"/",
                folder=folder,
                name=name,
                bytes=1,
                modified_ns=0,
                inode=0,
                present=True,
                seen_at=START,
            )
        )
    return picture_id


def _walk(library: Library, limit: int, **query: Any) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = library.page(STAFF, cursor=cursor, limit=limit, **query)
        assert len(page.pictures) <= limit
        found += [picture.id for picture in page.pictures]
        if page.next is None:
            return found
        assert len(page.pictures) == limit
        cursor = page.next


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(0, 4), max_size=14), limit=st.integers(1, 6))
def test_pages_joined_are_the_whole_list_in_order(
    known: Catalogue, library: Library, minutes: list[int], limit: int
) -> None:
    with known.database.write() as connection:
        connection.execute(delete(places))
        connection.execute(delete(pictures))
    added = {_add(known, minute): minute for minute in minutes}
    found = _walk(library, limit)
    assert found == sorted(added, key=lambda one: (added[one], one), reverse=True)
    assert library.page(STAFF, limit=1).total == len(added)


def test_what_arrives_on_top_does_not_shift_the_next_page(known: Catalogue, library: Library) -> None:
    ids = [_add(known, minute) for minute in range(6)]
    first = library.page(STAFF, limit=3)
    _add(known, 100)
    second = library.page(STAFF, limit=3, cursor=first.next)
    assert [picture.id for picture in first.pictures + second.pictures] == ids[::-1]


def test_only_pictures_that_are_ready_and_present_are_listed(known: Catalogue, library: Library) -> None:
    shown = _add(known)
    hidden = [_add(known, status="waiting"), _add(known, status="refused"), _add(known, present=False)]
    assert _walk(library, 10) == [shown]
    assert library.known(STAFF, [shown, *hidden, "nonsense"]) == {shown}
    for one in hidden:
        with pytest.raises(PictureUnknown):
            library.details(STAFF, one)
        with pytest.raises(PictureUnknown):
            library.update(STAFF, one, {"rating": 3})


def test_views_choose_and_order(known: Catalogue, library: Library) -> None:
    old = _add(known, 1, added_at=START + timedelta(days=2), favourite=True)
    new = _add(known, 2, added_at=START + timedelta(days=1), flag="pick")
    assert _walk(library, 1) == [new, old]
    assert _walk(library, 1, view=View.RECENT) == [old, new]
    assert _walk(library, 5, view=View.FAVOURITES) == [old]
    assert _walk(library, 5, view=View.PICKS) == [new]
    counts = library.overview(STAFF).counts
    assert {view.value: number for view, number in counts.items()} == {
        "all": 2,
        "recent": 2,
        "favourites": 1,
        "picks": 1,
    }


def test_a_folder_holds_what_lies_below_it_and_not_its_namesakes(known: Catalogue, library: Library) -> None:
    inside = {_add(known, folder="trips"), _add(known, folder="trips/iceland")}
    for other in ("trips 2", "trips-old", "trip", "", "tripsx/a", "trips_"):
        _add(known, folder=other)
    assert set(_walk(library, 3, folder="trips")) == inside
    assert len(_walk(library, 3, folder="")) == 8


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("fox", True),
        ("FOX river", True),
        ("50%", True),
        ("5_%", False),
        ("wolf", False),
        ("~", False),
        ("  ", True),
    ],
)
def test_words_are_found_in_title_name_and_folder(
    known: Catalogue, library: Library, words: str, found: bool
) -> None:
    one = _add(known, folder="By the river", name="IMG 50%.jpg", title="A red fox")
    assert _walk(library, 5, words=words) == ([one] if found else [])


def test_changes_are_kept_and_told(known: Catalogue, library: Library) -> None:
    one = _add(known)
    changed = library.update(STAFF, one, {"rating": 4, "flag": "pick", "title": "Foxes", "tags": ["fox"]})
    assert (changed.rating, changed.flag, changed.title) == (4, "pick", "Foxes")
    assert library.details(STAFF, one).tags == ["fox"]
    assert known.told("picture_changed")[-1] == one


@pytest.mark.parametrize("cursor", ["", "x", "bm9uc2Vuc2U", "%%%", "MjAyNi0wMS0wMSBh", "é", write_place(7)])
def test_a_forged_cursor_is_refused(library: Library, cursor: str) -> None:
    if cursor:
        with pytest.raises(CursorInvalid):
            library.page(STAFF, cursor=cursor)
    with pytest.raises(CursorInvalid):
        read_place(cursor + "!")


@given(
    st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001  # bounds of hypothesis are naive
    st.text(alphabet="0123456789abcdef", min_size=1),
    st.integers(1, 1 << 61),
)
def test_cursors_travel(moment: datetime, picture_id: str, number: int) -> None:
    assert read_cursor(write_cursor(moment, picture_id)) == (moment, picture_id)
    assert read_place(write_place(number)) == number


@given(st.dictionaries(st.sampled_from(["", "a", "a/b", "a/b/c", "a c", "B", "b/x"]), st.integers(1, 9)))
def test_the_tree_has_every_parent_before_its_children_with_the_sum_of_them(counts: dict[str, int]) -> None:
    tree = folder_tree(counts.items())
    seen: set[str] = set()
    for folder in tree:
        parent = folder.path.rpartition("/")[0]
        assert not parent or parent in seen
        seen.add(folder.path)
        below = [number for path, number in counts.items() if f"{path}/".startswith(f"{folder.path}/")]
        assert folder.count == sum(below)
        assert (folder.name, folder.depth) == (folder.path.split("/")[-1], folder.path.count("/"))
    assert len(seen) == len(tree)
