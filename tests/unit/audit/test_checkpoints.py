"""Checkpoints: when one is made, what it signs, and what is found out by it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_server.audit.checkpoint import Checkpoint, Signer, holds, is_public_key, signed_text
from local_server.audit.checkpoints import EVERY_ENTRIES, Checkpoints
from local_server.audit.log import AuditLog
from local_server.audit.walk import Verification
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from tests.support.clock import Clock

KEY = bytes(range(32))
SIGNER = Signer(bytes(range(32, 64)), "f" * 32)
NOW = datetime(2026, 11, 23, 9, 40, 32, 905000, UTC)
# Three checkpoints, at 4, 8 and 10, and two entries after the last.
MADE_AT, LENGTH = (4, 8, 10), 12


def write(database: Database, count: int, *, first: int = 0) -> None:
    log = AuditLog(KEY, lambda: NOW)
    with database.write() as connection:
        for number in range(first, first + count):
            log.record(connection, "picture_opened", account_name="Zoë", detail={"number": number})


def sign(database: Database) -> Checkpoint | None:
    return Checkpoints(
        database, AuditLog(KEY, lambda: NOW), SIGNER, lambda: NOW + timedelta(hours=1)
    ).make_due()


def verify(database: Database) -> Verification:
    with database.read() as connection:
        return AuditLog(KEY, lambda: NOW).verify(connection, None, SIGNER)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the catalogue of a log with checkpoints, nobody's connection open to it."""
    data = DataDirectory(tmp_path_factory.mktemp("audit"))
    data.prepare()
    database = open_catalogue(data)
    written = 0
    for sequence in MADE_AT:
        write(database, sequence - written)
        written = sequence
        assert sign(database) is not None
    write(database, LENGTH - written)
    database.close()
    return data.catalogue


@contextmanager
def tampered(signed: Path, tamper: Callable[[sqlite3.Connection], object]) -> Iterator[Database]:
    copy = signed.with_name("copy.db")
    copy.write_bytes(signed.read_bytes())
    with closing(sqlite3.connect(copy)) as raw, raw:
        tamper(raw)
    database = Database(copy)
    try:
        yield database
    finally:
        database.close()
        for left in signed.parent.glob("copy.db*"):
            left.unlink()


def test_an_untouched_log_agrees_with_its_checkpoints(signed: Path) -> None:
    with tampered(signed, lambda raw: None) as database:
        found = verify(database)
    assert (found.intact, found.entries, found.checkpoints, found.signed_to) == (True, LENGTH, 3, 10)


def test_entries_from_before_there_were_checkpoints_stay_valid(signed: Path) -> None:
    with tampered(signed, lambda raw: raw.execute("DELETE FROM audit_checkpoints")) as database:
        before = verify(database)
        made = sign(database)
        after = verify(database)
    assert (before.intact, before.checkpoints) == (True, 0)
    assert made is not None
    assert (after.intact, after.checkpoints, after.signed_to) == (True, 1, LENGTH)


@settings(max_examples=40, deadline=None)
@given(
    sequence=st.integers(1, LENGTH),
    deed=st.sampled_from(["change", "remove", "insert", "swap"]),
)
def test_every_entry_is_named_before_at_and_after_checkpoints(signed: Path, sequence: int, deed: str) -> None:
    other = sequence % LENGTH + 1

    def tamper(raw: sqlite3.Connection) -> None:
        if deed == "change":
            raw.execute("UPDATE audit_entries SET kind = 'signed_in' WHERE sequence = ?", (sequence,))
        elif deed == "remove":
            raw.execute("DELETE FROM audit_entries WHERE sequence = ?", (sequence,))
        elif deed == "insert":
            row = raw.execute("SELECT * FROM audit_entries WHERE sequence = ?", (sequence,)).fetchone()
            raw.execute("INSERT INTO audit_entries VALUES (?,?,?,?,?,?,?,?,?,?)", (sequence - 0.5, *row[1:]))
        else:
            for old, new in ((sequence, -1), (other, sequence), (-1, other)):
                raw.execute("UPDATE audit_entries SET sequence = ? WHERE sequence = ?", (new, old))

    with tampered(signed, tamper) as database:
        found = verify(database)
        assert sign(database) is None or sequence <= MADE_AT[-1]
    assert not found.intact
    assert found.first_bad == (min(sequence, other) if deed == "swap" else sequence)


@pytest.mark.parametrize("sequence", MADE_AT)
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("hash", "0" * 64),
        ("content", "0" * 64),
        ("signature", "0" * 128),
        ("signature", "no hexadecimal"),
        ("time", "2026-11-23 09:40:33.000000"),
        ("time", "yesterday"),
        ("sequence", 3),
        ("sequence", 99),
        ("sequence", 0),
        ("sequence", -1),
    ],
)
def test_a_changed_checkpoint_is_noticed(signed: Path, sequence: int, column: str, value: object) -> None:
    statement = f"UPDATE audit_checkpoints SET {column} = ? WHERE sequence = ?"  # noqa: S608  (a column of ours)
    with tampered(signed, lambda raw: raw.execute(statement, (value, sequence))) as database:
        found = verify(database)
    assert not found.intact
    assert "checkpoint" in str(found.what)


def empty(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM audit_entries")
    raw.execute("DELETE FROM installation WHERE key = 'audit_head'")


def test_a_log_made_anew_with_the_chain_s_own_key_contradicts_its_checkpoints(signed: Path) -> None:
    with tampered(signed, empty) as database:
        write(database, LENGTH, first=1)
        found = verify(database)
    assert (found.intact, found.first_bad) == (False, MADE_AT[0])
    assert "signed" in str(found.what)


def test_a_tail_that_was_signed_is_missed_though_the_end_was_sealed_anew(signed: Path) -> None:
    with tampered(signed, empty) as database:
        write(database, MADE_AT[0])
        found = verify(database)
    assert (found.intact, found.first_bad, found.signed_to) == (False, MADE_AT[0] + 1, MADE_AT[0])


def test_one_is_made_after_a_thousand_entries_or_an_hour_and_not_before(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.prepare()
    database = open_catalogue(data)
    clock = Clock(NOW)
    log = AuditLog(KEY, clock)
    checkpoints = Checkpoints(database, log, SIGNER, clock)

    def record(count: int) -> None:
        with database.write() as connection:
            for _ in range(count):
                log.record(connection, "kind")

    try:
        assert checkpoints.make_due() is None
        record(EVERY_ENTRIES - 1)
        assert checkpoints.make_due() is None
        record(1)
        first = checkpoints.make_due()
        assert first is not None
        assert first.sequence == EVERY_ENTRIES
        clock.forward(days=1)
        assert checkpoints.make_due() is None, "nothing is new"
        record(1)
        clock.forward(minutes=59)
        assert checkpoints.make_due() is None
        clock.forward(minutes=1)
        second = checkpoints.make_due()
        assert second is not None
        assert (second.sequence, second.time) == (EVERY_ENTRIES + 1, clock())
    finally:
        database.close()


def test_a_log_that_does_not_verify_is_not_signed(signed: Path) -> None:
    with tampered(
        signed, lambda raw: raw.execute("UPDATE audit_entries SET kind = 'x' WHERE sequence = 11")
    ) as database:
        assert sign(database) is None


def test_the_signed_text_is_the_documented_one() -> None:
    made = SIGNER.sign(7, NOW, "a" * 64, "b" * 64)
    assert signed_text("f" * 32, 7, NOW, "a" * 64, "b" * 64).decode() == (
        "vaultsecure audit checkpoint 1\n"
        f"installation {'f' * 32}\n"
        "sequence 7\n"
        f"hash {'a' * 64}\n"
        f"content {'b' * 64}\n"
        "time 2026-11-23T09:40:32.905000Z"
    )
    assert holds(made, SIGNER.public_key, "f" * 32)
    assert not holds(made, SIGNER.public_key, "e" * 32)
    assert not holds(made, Signer(bytes(32), "f" * 32).public_key, "f" * 32)
    assert is_public_key(SIGNER.public_key)
    assert not is_public_key("ab")
