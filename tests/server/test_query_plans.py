"""Every query of every route and companion finds its rows by an index, in a catalogue with many."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from local_server.accounts.models import Role
from local_server.accounts.passwords import Passwords
from local_server.accounts.service import Accounts
from local_server.app import build, utc_now
from local_server.audit import queries as audit_queries
from local_server.audit.log import AuditLog
from local_server.database.tables import accounts, metadata
from local_server.importer import leases
from local_server.importer import queries as importer_queries
from local_server.installation import Installation, opened
from local_server.library.models import View
from local_server.settings import Settings
from tests.support.engines import address
from tests.support.filling import fill, identifier
from tests.support.parts.fixtures import Parts
from tests.support.server import MACHINE, PASSWORD

PORT = 8000
LARGE = 50_000
BIG = (
    *("pictures", "places", "renditions", "deliveries", "audit_entries", "events", "interactions"),
    *("violations", "album_pictures", "viewing_sessions", "likenesses", "traces"),
)
MIDDLING = (
    *("recordings", "screenshots", "batch_files", "batches", "refresh_tokens", "grants", "grant_views"),
    *("password_audit_log", "password_history", "accounts", "albums", "scans", "api_keys"),
)
# A verification walks the whole log, page by page, since that is what it is for.
WHOLE_CHAIN = "SELECT audit_entries.sequence, CAST(audit_entries.time AS TEXT) AS time"
ASKED: Mapping[str, list[str]] = {
    "view": [view.value for view in View],
    "folder": ["2026/7"],
    "q": ["ridge"],
    "album": [identifier(1)],
    "kind": ["signed_in"],
    "own": ["true"],
    "after": ["100"],
    "limit": ["50"],
}


@dataclass
class Heard:
    """The statements that were executed while somebody listened, each once, with parameters."""

    statements: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def listening(self) -> Iterator[None]:
        event.listen(Engine, "before_cursor_execute", self._hear)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", self._hear)

    def _hear(
        self, _c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            self.statements.setdefault(statement, parameters[0] if many else parameters)


@contextmanager
def peopled(settings: Settings, large: int, middling: int) -> Iterator[Installation]:
    """Open an installation with many rows and somebody of every role."""
    with opened(settings) as installation:
        counts = dict.fromkeys(BIG, large) | dict.fromkeys(MIDDLING, middling)
        with installation.database.write() as connection:
            fill(connection, counts)
        log = AuditLog(installation.keys.derive("audit"), utc_now)
        people = Accounts(installation.database, Passwords(), log, utc_now)
        for role in Role:
            people.create(role.value, PASSWORD, role)
        with installation.database.write() as connection:
            connection.execute(accounts.update().where(accounts.c.name == "viewer").values(sees="albums"))
        yield installation


async def walked(installation: Installation) -> Mapping[str, Any]:
    """Ask for everything that can be asked for, as three people, while the companions run."""
    heard = Heard()
    app = build(installation, port=PORT, launch_secret=None)
    transport = httpx.ASGITransport(app=app)
    address = f"http://127.0.0.1:{PORT}"
    with heard.listening():
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=address, timeout=60) as client,
        ):
            for role in ("admin", "viewer", "auditor"):
                who = {"name": role, "password": PASSWORD, "machine": MACHINE}
                session = (await client.post("/api/session", json=who)).json()
                client.headers["Authorization"] = f"Bearer {session['access_token']}"
                for path, methods in app.openapi()["paths"].items():
                    if "get" in methods and path != "/api/audit/export":  # pages, asked for below
                        await _ask(client, path, methods["get"].get("parameters", []))
            _work_of_others(installation)
            await asyncio.sleep(2)  # the companions look around every second
    return heard.statements


async def _ask(client: httpx.AsyncClient, path: str, parameters: list[Any]) -> None:
    there = path.replace("{sequence}", "50")
    for parameter in parameters:
        if parameter["in"] == "path":
            there = there.replace("{" + parameter["name"] + "}", identifier(1))
    variants: list[dict[str, str]] = [{}] + [
        {parameter["name"]: value}
        for parameter in parameters
        if parameter["in"] == "query"
        for value in ASKED.get(parameter["name"], [])
    ]
    for variant in variants:
        answer = await client.get(there, params=variant)
        # Blobs are none of these rows'; a server that is well says so in the log's own tests.
        assert answer.status_code in (200, 401, 403, 404, 422, 503), (path, answer.text)
        if answer.headers.get("content-type") != "application/json" or answer.status_code != httpx.codes.OK:
            continue
        told = answer.json()
        cursor = isinstance(told, dict) and (told.get("next_cursor") or told.get("next"))
        if cursor:
            following = await client.get(there, params={**variant, "cursor": cursor})
            assert following.status_code == httpx.codes.OK, (path, following.text)


def _work_of_others(installation: Installation) -> None:
    """Ask what the importer and the worker ask."""
    now = datetime.now(UTC)
    with installation.database.write() as connection:
        audit_queries.page(connection, after=10, limit=100)
        audit_queries.uncovered(connection, 10)
        leases.unfinished(connection, now, 100)
        importer_queries.known_places(connection, b"/pictures/2026/7")
        importer_queries.same_file(connection, 7, 7, 7)
        importer_queries.update_presence(connection, [identifier(1)])
        leases.claim(connection, identifier(1), "worker:1", now, now + timedelta(minutes=1))
        importer_queries.first_place(connection, identifier(1))


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Return a catalogue of 50,000 rows a large table, and all that was asked of it."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("many") / "data", start_worker=False, watch_gallery=False
    )
    with peopled(settings, LARGE, 5000) as installation:
        yield installation.data.catalogue, asyncio.run(walked(installation))


@pytest.mark.timeout(600)
def test_no_query_reads_a_large_table_from_end_to_end(embedded: tuple[Path, Mapping[str, Any]]) -> None:
    path, statements = embedded
    assert len(statements) > 60
    wrong = []
    with closing(sqlite3.connect(path)) as raw:
        for statement, parameters in statements.items():
            plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            wrong += [
                f"{line}\n    {plan}\n    {statement}" for line in plan if _scans(statement, line, plan)
            ]
    assert not wrong, "\n".join(["", *wrong])


def _scans(statement: str, line: str, plan: list[str]) -> bool:
    if statement.startswith(WHOLE_CHAIN) or statement.rstrip().endswith("WHERE 0 = 1"):
        return False
    found = re.match(r"SCAN (\S+)(?: USING (COVERING )?INDEX)?", line)
    if not found or _table(statement, found[1]) not in BIG:
        return False
    if found[2]:
        # A count or a maximum over an index alone; a list is never that.
        return not re.search(r"\b(count|max|min|sum)\(|GROUP BY", statement)
    in_its_order = "INDEX" in line and "LIMIT" in statement and not any("TEMP B-TREE" in one for one in plan)
    return not in_its_order


def _table(statement: str, alias: str) -> str:
    renamed = re.search(rf"\b(\w+) AS {re.escape(alias)}\b", statement)
    return renamed[1] if renamed else alias


@pytest.mark.timeout(600)
def test_the_same_indexes_serve_postgresql(tmp_path: Path, parts: Parts) -> None:
    with ExitStack() as stack:
        where = stack.enter_context(address("PostgreSQL", tmp_path / "data", parts))
        assert isinstance(where, URL)
        settings = Settings.load(
            {
                "DATABASE_URL": where.render_as_string(hide_password=False),
                "START_WORKER": "false",
                "WATCH_GALLERY": "false",
            },
            data_dir=tmp_path / "data",
        )
        installation = stack.enter_context(peopled(settings, 1000, 200))
        statements = asyncio.run(walked(installation))
        wrong = []
        with psycopg.connect(
            host=where.host,
            port=where.port,
            user=where.username,
            password=where.password,
            dbname=where.database,
            autocommit=True,
        ) as raw:
            raw.execute("ANALYZE")
            # What then still reads the whole table has no index that could serve it.
            raw.execute("SET enable_seqscan = off")
            for statement, parameters in statements.items():
                if statement.startswith(WHOLE_CHAIN):
                    continue
                plan = [row[0] for row in raw.execute(f"EXPLAIN {statement}", parameters)]
                wrong += [
                    f"{line.strip()}\n    {statement}"
                    for line in plan
                    if (found := re.search(r"Seq Scan on (\w+)", line)) and found[1] in BIG
                ]
    assert not wrong, "\n".join(["", *wrong])


def test_the_tables_that_grow_are_all_among_them() -> None:
    small = {"installation", "nodes", "features", "sign_in_attempts", "sign_in_flows", "identities"}
    small |= {"reset_codes", "recovery_codes", "audit_checkpoints"}
    small |= {"assistive_exemptions", "quiet_programs"}
    assert set(metadata.tables) == small | set(BIG) | set(MIDDLING)


@pytest.mark.parametrize(
    ("statement", "plan", "wrong"),
    [
        ("SELECT pictures.id FROM pictures", ["SCAN pictures"], True),
        ("SELECT p.id FROM pictures AS p", ["SCAN p"], True),
        ("SELECT p.id FROM pictures AS p LIMIT ?", ["SCAN p USING INDEX i"], False),
        (
            "SELECT p.id FROM pictures AS p LIMIT ?",
            ["SCAN p USING INDEX i", "USE TEMP B-TREE FOR ORDER BY"],
            True,
        ),
        ("SELECT pictures.id FROM pictures", ["SCAN pictures USING COVERING INDEX i"], True),
        ("SELECT count(*) FROM pictures", ["SCAN pictures USING COVERING INDEX i"], False),
        ("SELECT pictures.id FROM pictures", ["SEARCH pictures USING INDEX i (id=?)"], False),
        ("SELECT nodes.id FROM nodes", ["SCAN nodes"], False),
    ],
)
def test_a_scan_is_told_from_a_search(statement: str, plan: list[str], wrong: bool) -> None:
    assert _scans(statement, plan[0], plan) is wrong
