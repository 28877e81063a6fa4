"""The chain: whatever is done to the stored log, the first entry that is wrong is found and named."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_server.audit.entry import Entry, written
from local_server.audit.log import AuditLog
from local_server.audit.walk import HEAD_LOST, Anchor, Verification
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue

KEY = bytes(range(32))
NOW = datetime(2026, 11, 23, 9, 40, 32, 905000, UTC)
LENGTH = 12
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def fill(database: Database, count: int, key: bytes = KEY) -> None:
    log = AuditLog(key, lambda: NOW)
    with database.write() as connection:
        for number in range(count):
            log.record(
                connection,
                "picture_opened",
                account_id="a" * 32,
                account_name="Zoë",
                picture_id=f"{number:032x}",
                detail={"number": number, "level": "guarded"},
            )


def verify(database: Database, start: Anchor | None = None) -> Verification:
    with database.read() as connection:
        return AuditLog(KEY, lambda: NOW).verify(connection, start)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the catalogue of a log of LENGTH entries, nobody's connection open to it."""
    data = DataDirectory(tmp_path_factory.mktemp("audit"))
    data.prepare()
    database = open_catalogue(data)
    fill(database, LENGTH)
    database.close()
    return data.catalogue


@contextmanager
def tampered(filled: Path, tamper: Callable[[sqlite3.Connection], object]) -> Iterator[Database]:
    """Open a copy of the log after something was done to it behind our back."""
    content = filled.read_bytes()
    copy = filled.with_name("copy.db")
    copy.write_bytes(content)
    with closing(sqlite3.connect(copy)) as raw, raw:
        tamper(raw)
    database = Database(copy)
    try:
        yield database
    finally:
        database.close()
        for left in filled.parent.glob("copy.db*"):
            left.unlink()


def assign(raw: sqlite3.Connection, name: str, sequence: int, value: object) -> None:
    statement = f"UPDATE audit_entries SET {name} = ? WHERE sequence = ?"  # noqa: S608  (a column of ours)
    raw.execute(statement, (value, sequence))


def test_an_untouched_log_verifies(filled: Path) -> None:
    with tampered(filled, lambda raw: None) as database:
        found = verify(database)
    assert (found.entries, found.intact, found.first_bad) == (LENGTH, True, None)


def test_an_empty_log_verifies(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.prepare()
    database = open_catalogue(data)
    assert verify(database).intact
    database.close()


@settings(max_examples=40, deadline=None)
@given(
    sequence=st.integers(1, LENGTH),
    changed=st.sampled_from(
        [
            ("kind", "signed_in"),
            ("kind", b"\xff"),
            ("account_id", None),
            ("account_name", "Bob"),
            ("picture_id", "f" * 32),
            ("viewing_session_id", "1" * 32),
            ("time", "2026-11-23 09:40:32.905001"),
            ("time", "yesterday"),
            ("detail", '{"number": 99}'),
            ("detail", "no JSON"),
            ("detail", '{"number": NaN}'),
            ("hash", "0" * 64),
            ("hash", "ü"),
            ("hash", 7),
            ("previous_hash", "0" * 64),
            ("previous_hash", b"\x00"),
        ]
    ),
)
def test_a_changed_entry_is_named(filled: Path, sequence: int, changed: tuple[str, object]) -> None:
    with tampered(filled, lambda raw: assign(raw, changed[0], sequence, changed[1])) as database:
        found = verify(database)
    assert not found.intact
    assert found.first_bad == sequence
    assert f"Entry {sequence} " in str(found.what)


@settings(max_examples=30, deadline=None)
@given(sequence=st.integers(1, LENGTH), close_the_gap=st.booleans())
def test_a_removed_entry_is_named(filled: Path, sequence: int, close_the_gap: bool) -> None:
    def remove(raw: sqlite3.Connection) -> None:
        raw.execute("DELETE FROM audit_entries WHERE sequence = ?", (sequence,))
        if close_the_gap:
            for later in range(sequence + 1, LENGTH + 1):
                assign(raw, "sequence", later, later - 1)

    with tampered(filled, remove) as database:
        found = verify(database)
    assert not found.intact
    assert found.first_bad == sequence


@settings(max_examples=30, deadline=None)
@given(first=st.integers(1, LENGTH), second=st.integers(1, LENGTH))
def test_reordered_entries_are_named(filled: Path, first: int, second: int) -> None:
    def swap(raw: sqlite3.Connection) -> None:
        assign(raw, "sequence", first, -1)
        assign(raw, "sequence", second, first)
        assign(raw, "sequence", -1, second)

    with tampered(filled, swap) as database:
        found = verify(database)
    assert found.intact == (first == second)
    assert found.first_bad == (None if first == second else min(first, second))


@settings(max_examples=30, deadline=None)
@given(
    after=st.integers(0, LENGTH),
    source=st.integers(1, LENGTH),
    make_room=st.booleans(),
)
def test_an_inserted_entry_is_named(filled: Path, after: int, source: int, make_room: bool) -> None:
    def insert(raw: sqlite3.Connection) -> None:
        row = raw.execute("SELECT * FROM audit_entries WHERE sequence = ?", (source,)).fetchone()
        if make_room:
            for later in range(LENGTH, after, -1):
                assign(raw, "sequence", later, later + 1)
        number = after + 1 if make_room else after + 0.5
        raw.execute("INSERT INTO audit_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (number, *row[1:]))

    with tampered(filled, insert) as database:
        found = verify(database)
    assert not found.intact
    # A true copy of the entry that stands there is not noticed before the next one.
    assert found.first_bad in (after + 1, after + 2 if make_room and source == after + 1 else after + 1)


@settings(max_examples=20, deadline=None)
@given(kept=st.integers(0, LENGTH - 1))
def test_a_cut_tail_is_noticed_even_after_the_log_went_on(filled: Path, kept: int) -> None:
    with tampered(
        filled, lambda raw: raw.execute("DELETE FROM audit_entries WHERE sequence > ?", (kept,))
    ) as db:
        cut = verify(db)
        fill(db, 2)
        later = verify(db)
    assert (cut.intact, cut.first_bad) == (False, kept + 1)
    assert (later.intact, later.first_bad) == (False, kept + 1)


@pytest.mark.parametrize(
    "value", [None, "null", '{"count": 3}', '{"count": 5, "hash": "x", "seal": "y"}', "["]
)
def test_a_lost_or_forged_head_is_noticed_and_stays_in_the_log(filled: Path, value: str | None) -> None:
    def forge(raw: sqlite3.Connection) -> None:
        raw.execute("DELETE FROM audit_entries WHERE sequence > 5")
        if value is None:
            raw.execute("DELETE FROM installation WHERE key = 'audit_head'")
        else:
            raw.execute("UPDATE installation SET value = ? WHERE key = 'audit_head'", (value,))

    with tampered(filled, forge) as database:
        before = verify(database)
        fill(database, 1)
        after = verify(database)
        with database.read() as connection:
            kinds = [
                row[0]
                for row in connection.exec_driver_sql("SELECT kind FROM audit_entries ORDER BY sequence")
            ]
    assert (before.intact, before.first_bad) == (False, 6)
    assert (after.intact, after.first_bad) == (False, 6)
    assert kinds[5:] == [HEAD_LOST, "picture_opened"]


def test_a_chain_made_anew_under_another_key_is_noticed(filled: Path) -> None:
    def empty(raw: sqlite3.Connection) -> None:
        raw.execute("DELETE FROM audit_entries")
        raw.execute("DELETE FROM installation WHERE key = 'audit_head'")

    with tampered(filled, empty) as database:
        fill(database, LENGTH, key=b"\x01" * 32)
        found = verify(database)
    assert (found.intact, found.first_bad) == (False, 1)


def test_a_verification_goes_on_from_where_one_ended(filled: Path) -> None:
    with tampered(filled, lambda raw: None) as database:
        first = verify(database)
        fill(database, 3)
        second = verify(database, first.anchor)
    assert (second.entries, second.intact) == (LENGTH + 3, True)


def test_an_entry_is_written_with_the_change_it_tells_of_or_not_at_all(filled: Path) -> None:
    with tampered(filled, lambda raw: None) as database:
        log = AuditLog(KEY, lambda: NOW)

        def change_that_fails() -> None:
            with database.write() as connection:
                log.record(connection, "account_created")
                raise RuntimeError("the change failed")

        with pytest.raises(RuntimeError):
            change_that_fails()
        found = verify(database)
    assert (found.entries, found.intact) == (LENGTH, True)


@settings(max_examples=60, deadline=None)
@given(detail=st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_hashed_is_what_a_reader_gets(detail: dict[str, Any]) -> None:
    entry = Entry(1, NOW, "kind", None, None, None, None, detail)
    read = json.loads(entry.canonical())
    assert read["detail"] == json.loads(json.dumps(detail))
    again = Entry(1, NOW, "kind", None, None, None, None, json.loads(json.dumps(read["detail"])))
    assert again.canonical() == entry.canonical()


def test_the_canonical_form_is_the_documented_one() -> None:
    entry = Entry(7, NOW, "signed_in", "a1", "Zoë", None, "s1", {"b": [1, 2.5], "a": "\udcff"})
    assert entry.canonical() == (
        b'{"account_id":"a1","account_name":"Zo\\u00eb","detail":{"a":"\\udcff","b":[1,2.5]},"kind":"signed_in",'
        b'"picture_id":null,"sequence":7,"time":"2026-11-23T09:40:32.905000Z","viewing_session_id":"s1"}'
    )
    assert written(NOW) == "2026-11-23T09:40:32.905000Z"


def test_what_json_cannot_carry_is_refused(filled: Path) -> None:
    with tampered(filled, lambda raw: None) as database:
        log = AuditLog(KEY, lambda: NOW)

        def record_nothing_that_json_knows() -> None:
            with database.write() as connection:
                log.record(connection, "kind", detail={"x": float("nan")})

        with pytest.raises(ValueError, match="JSON"):
            record_nothing_that_json_knows()
