"""How long the audit log takes to verify, against its limit: plain HMAC-SHA-256 of the same bytes.

`python -m tests.bench.bench_audit [entries]` prints both for SQLite, for PostgreSQL where it is installed,
and for an exported file; it passes or fails nothing.
"""

import hmac
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from local_server.audit.checkpoint import Signer
from local_server.audit.entry import Entry
from local_server.audit.exported import verify_file
from local_server.audit.log import AuditLog
from local_server.audit.service import Audit
from local_server.database.engine import Database
from local_server.database.tables import audit_entries
from tests.support.engines import ENGINES, address, opened
from tests.support.parts.fixtures import Parts

KEY = bytes(range(32))
SIGNER = Signer(bytes(32), "i" * 32)
DETAIL = {
    "culprit": {"pid": 4711, "name": "scrot", "executable": "/usr/bin/scrot", "script": None},
    "machine": "desk",
    "region": [0, 0, 1440, 900],
    "shield_ms": 3.2,
    "hidden": True,
    "level": "guarded",
}


def _fill(database: Database, count: int) -> float:
    log = AuditLog(KEY, lambda: datetime.now(UTC))
    began = time.perf_counter()
    with database.write() as connection:
        for number in range(count):
            log.record(connection, "capture_attempt", account_name="Zoë", detail={**DETAIL, "reads": number})
    return time.perf_counter() - began


def _limit(database: Database) -> float:
    """Return the seconds of one HMAC over each entry's bytes, which lie ready."""
    with database.read() as connection:
        forms = [
            Entry(
                row.sequence,
                row.time,
                row.kind,
                row.account_id,
                row.account_name,
                row.picture_id,
                row.viewing_session_id,
                row.detail,
            ).canonical()
            for row in connection.execute(select(audit_entries))
        ]
    began = time.perf_counter()
    for form in forms:
        hmac.digest(KEY, form, "sha256")
    return time.perf_counter() - began


def _measure(engine: str, database: Database, count: int, file: Path) -> None:
    written = _fill(database, count)
    audit = Audit(
        database, AuditLog(KEY, lambda: datetime.now(UTC)), SIGNER, lambda: datetime.now(UTC), time.monotonic
    )
    limit = _limit(database)
    began = time.perf_counter()
    found = audit.verify(whole=True)
    seconds = time.perf_counter() - began
    assert found.intact
    assert found.entries == count
    print(
        f"{engine:>10}: {count:,} entries written in {written:.2f} s, verified in {seconds:.2f} s; "
        f"plain HMAC {limit:.3f} s, ratio {seconds / limit:.1f}"
    )
    began = time.perf_counter()
    file.write_text("".join(json.dumps(line) + "\n" for line in audit.exported()))
    exported = time.perf_counter() - began
    began = time.perf_counter()
    assert verify_file(file, SIGNER.public_key, KEY).intact
    seconds = time.perf_counter() - began
    print(f"{'':>12}exported in {exported:.2f} s, verified in {seconds:.2f} s, ratio {seconds / limit:.1f}")


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        parts = Parts(stack)
        for engine in ENGINES:
            root = Path(temporary) / engine
            try:
                with address(engine, root, parts) as where, opened(root, where) as database:
                    _measure(engine, database, count, root / "audit.ndjson")
            except pytest.skip.Exception as skipped:  # what parts say of one that is missing
                print(f"{engine:>10}: {skipped.msg}")


if __name__ == "__main__":
    main()
