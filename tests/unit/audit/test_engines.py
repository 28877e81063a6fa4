"""The chain on both engines: what was hashed comes back, and writers of several processes keep one chain."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, cast, select
from sqlalchemy.engine import URL

from local_server.audit.checkpoint import Signer
from local_server.audit.checkpoints import Checkpoints
from local_server.audit.log import AuditLog
from local_server.database.engine import Database
from local_server.database.tables import audit_checkpoints, audit_entries
from tests.support.engines import ENGINES, address, opened
from tests.support.parts.fixtures import Parts
from tests.support.server import ROOT, environment

KEY = bytes(range(32))
SIGNER = Signer(bytes(32), "i" * 32)
EACH = 300
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (hypothesis wants naive limits)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)

# Runs in a process of its own: writes entries, and signs what is due, as fast as it can.
WRITER = """
import json, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlalchemy.engine import make_url
from local_server.audit import checkpoints
from local_server.audit.checkpoint import Signer
from local_server.audit.log import AuditLog
from local_server.database.engine import Database

told = json.loads(sys.stdin.readline())
where = make_url(told["url"]) if told["url"] else Path(told["path"])
database = Database(where)
log = AuditLog(bytes(range(32)), lambda: datetime.now(UTC))
later = checkpoints.Checkpoints(
    database, log, Signer(bytes(32), "i" * 32), lambda: datetime.now(UTC) + timedelta(hours=2)
)
print("ready", flush=True)
sys.stdin.readline()
for number in range(told["count"]):
    with database.write() as connection:
        log.record(connection, told["name"], detail={"number": number})
    if number % 20 == 7:
        later.make_due()
database.close()
"""


@pytest.fixture(scope="module", params=ENGINES)
def where(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, parts: Parts
) -> Iterator[tuple[Path, Path | URL]]:
    root = tmp_path_factory.mktemp("catalogue")
    with address(request.param, root, parts) as found:
        yield root, found


@pytest.fixture(scope="module")
def database(where: tuple[Path, Path | URL]) -> Iterator[Database]:
    with opened(*where) as database:
        yield database


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(detail=st.dictionaries(st.text(st.characters(exclude_categories=())), JSON, max_size=4), time=MOMENTS)
def test_what_was_hashed_comes_back(database: Database, detail: dict[str, Any], time: datetime) -> None:
    log = AuditLog(KEY, lambda: time)
    with database.write() as connection:
        sequence = log.record(connection, "kind", account_name="Zoë", detail=detail)
    with database.read() as connection:
        row = connection.execute(
            select(audit_entries, cast(audit_entries.c.detail, Text).label("text")).where(
                audit_entries.c.sequence == sequence
            )
        ).one()
        found = log.verify(connection)
    assert (found.intact, found.entries) == (True, sequence), found.what
    assert (row.time, json.loads(row.text)) == (time, json.loads(json.dumps(detail)))


def test_two_processes_keep_one_chain(where: tuple[Path, Path | URL], database: Database) -> None:
    log = AuditLog(KEY, lambda: datetime.now(UTC))
    with database.read() as connection:
        before = log.verify(connection).entries
    writers = [_writer(where, name) for name in ("left", "right")]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    with database.read() as connection:
        found = log.verify(connection, None, SIGNER)
        kinds = list(
            connection.execute(
                select(audit_entries.c.kind)
                .where(audit_entries.c.sequence > before)
                .order_by(audit_entries.c.sequence)
            ).scalars()
        )
        signed = list(connection.execute(select(audit_checkpoints.c.sequence)).scalars())
    assert (found.intact, found.entries) == (True, before + 2 * EACH), found.what
    assert (kinds.count("left"), kinds.count("right")) == (EACH, EACH)
    assert kinds[:EACH] not in (["left"] * EACH, ["right"] * EACH), "they wrote one after the other"
    assert found.checkpoints == len(set(signed)) >= 10


def _writer(where: tuple[Path, Path | URL], name: str) -> "subprocess.Popen[str]":
    root, address = where
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        env=environment(root),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = {
        "name": name,
        "count": EACH,
        "path": str(address),
        "url": address.render_as_string(hide_password=False) if isinstance(address, URL) else None,
    }
    assert writer.stdin is not None
    writer.stdin.write(json.dumps(told) + "\n")
    writer.stdin.flush()
    return writer


def test_a_checkpoint_of_old_entries_holds_beside_newer_ones(database: Database) -> None:
    log = AuditLog(KEY, lambda: datetime.now(UTC))
    later = Checkpoints(database, log, SIGNER, lambda: datetime.now(UTC) + timedelta(hours=2))
    with database.write() as connection:
        sequence = log.record(connection, "kind")
    made = later.make_due()
    assert made is not None
    assert made.sequence == sequence
    assert later.make_due() is None
    with database.read() as connection:
        found = log.verify(connection, None, SIGNER)
    assert (found.intact, found.signed_to) == (True, sequence)


class _Undo(Exception):
    """Takes back what a test did to the log."""


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE audit_entries SET kind = 'other' WHERE sequence = 3", "changed"),
        ("UPDATE audit_entries SET detail = '[]' WHERE sequence = 3", "changed"),
        ("DELETE FROM audit_entries WHERE sequence = 3", "missing"),
        ("UPDATE audit_entries SET sequence = -3 WHERE sequence = 3", "inserted"),
        ("UPDATE audit_entries SET previous_hash = hash WHERE sequence = 3", "reordered"),
        ("DELETE FROM audit_entries WHERE sequence > 2", "missing"),
    ],
)
def test_tampering_is_named_on_either_engine(database: Database, statement: str, word: str) -> None:
    log = AuditLog(KEY, lambda: datetime.now(UTC))
    with database.write() as connection:
        for _ in range(3):
            log.record(connection, "kind")
    with suppress(_Undo), database.write() as connection:
        connection.exec_driver_sql(statement)
        found = log.verify(connection, None, SIGNER)
        raise _Undo
    assert not found.intact
    assert word in str(found.what)
    assert found.first_bad == (1 if word == "inserted" else 3)
    with database.read() as connection:
        assert log.verify(connection).intact
