"""A person's own records: merged newest first, paged without loss or repetition, never somebody else's."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from local_server.accounts.models import Caller, Role
from local_server.data_directory import DataDirectory
from local_server.database import tables
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from local_server.records.errors import BadCursor
from local_server.records.own import USUAL, OwnKind, OwnRecords

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
ME = Caller("me", "me", Role.VIEWER, "v-me", 1, "machine", "library")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    data = DataDirectory(tmp_path)
    data.prepare()
    opened = open_catalogue(data)
    with opened.write() as connection:
        for person in ("me", "other"):
            connection.execute(
                insert(tables.accounts).values(
                    id=person,
                    name=person,
                    name_folded=person,
                    role="viewer",
                    password_hash="",
                    password_changed_at=NOW,
                    created_at=NOW,
                )
            )
        connection.execute(
            insert(tables.pictures).values(
                id="p", content_hash="h", status="ready", bytes=1, added_at=NOW, sort_at=NOW
            )
        )
    yield opened
    opened.close()


def sign_in(number: int, person: str, time: datetime) -> dict[str, Any]:
    return {
        "id": f"{person}{number:03}",
        "account_id": person,
        "mark": number * 2 + (person == "me"),
        "machine_id": "m",
        "machine_name": "m",
        "client": "desktop",
        "started_at": time,
        "seen_at": time,
    }


def fill(database: Database, entries: list[tuple[OwnKind, int, str]]) -> None:
    with database.write() as connection:
        for table in (tables.deliveries, tables.recordings, tables.violations, tables.viewing_sessions):
            connection.execute(delete(table))
        for person in ("me", "other"):
            connection.execute(insert(tables.viewing_sessions).values(sign_in(999, person, NOW)))
        for number, (kind, seconds, person) in enumerate(entries):
            time = NOW + timedelta(seconds=seconds)
            owned = {"viewing_session_id": f"{person}999", "account_id": person}
            if kind is OwnKind.SIGN_IN:
                connection.execute(insert(tables.viewing_sessions).values(sign_in(number, person, time)))
            elif kind is OwnKind.RECORDING:
                connection.execute(
                    insert(tables.recordings).values(id=f"{number:03}", started_at=time, context={}, **owned)
                )
            elif kind is OwnKind.CAPTURE:
                connection.execute(
                    insert(tables.violations).values(
                        id=f"{number:03}",
                        time=time,
                        received_at=time,
                        kind="read",
                        level="guarded",
                        confidence=1.0,
                        hidden=True,
                        **owned,
                    )
                )
            else:
                rendition = {"picture": "screen", "detail": "tile", "thumbnail": "thumbnail"}[kind]
                connection.execute(
                    insert(tables.deliveries).values(
                        time=time, picture_id="p", rendition=rendition, level="marked", **owned
                    )
                )


ENTRIES = st.lists(
    st.tuples(st.sampled_from(OwnKind), st.integers(-3, 3), st.sampled_from(["me", "other"])), max_size=25
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ENTRIES, st.integers(1, 6), st.sets(st.sampled_from(OwnKind)))
def test_pages_hold_all_of_mine_once_newest_first(
    database: Database, entries: list[tuple[OwnKind, int, str]], limit: int, kinds: set[OwnKind]
) -> None:
    fill(database, entries)
    own = OwnRecords(database, lambda: NOW, timedelta(days=365))
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        page, cursor = own.page(ME, kinds=kinds, cursor=cursor, limit=limit)
        found += page
        pages += 1
    wanted = kinds or USUAL
    mine = [(kind, seconds) for kind, seconds, person in entries if person == "me" and kind in wanted]
    if OwnKind.SIGN_IN in wanted:
        mine.append((OwnKind.SIGN_IN, 0))
    told = [(record.kind, int((record.time - NOW).total_seconds())) for record in found]
    assert sorted(told) == sorted(mine)
    assert len({(record.kind, record.id) for record in found}) == len(found)
    assert [record.time for record in found] == sorted((record.time for record in found), reverse=True)


@given(st.text(max_size=60) | st.lists(st.text(max_size=10) | st.integers(), max_size=4))
def test_a_cursor_of_somewhere_else_is_refused(wrong: object) -> None:
    nowhere = OwnRecords(Database(Path("/nonexistent/catalogue.db")), lambda: NOW, timedelta(days=1))
    text = wrong if isinstance(wrong, str) else base64.urlsafe_b64encode(json.dumps(wrong).encode()).decode()
    with pytest.raises(BadCursor):
        nowhere.page(ME, kinds=(), cursor=text, limit=1)
