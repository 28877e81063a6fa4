"""The composition root of the server: builds every room, the only file beside `cli` that knows them all."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import insert
from starlette.middleware import Middleware

from local_server.accounts import routes as account_routes
from local_server.accounts.gate import Gate
from local_server.accounts.lockout import Lockout
from local_server.accounts.passwords import Passwords
from local_server.accounts.presence import Presence
from local_server.accounts.service import Accounts
from local_server.accounts.sessions import Sessions
from local_server.accounts.tokens import Tokens
from local_server.audit import routes as audit_routes
from local_server.audit.log import AuditLog
from local_server.audit.service import Audit
from local_server.companions import Companion, lifespan, running
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.tables import installation
from local_server.health import checks
from local_server.health import routes as health_routes
from local_server.health.debug import Debug
from local_server.health.service import Health
from local_server.marks import routes as mark_routes
from local_server.marks.codec import Codec
from local_server.marks.service import Overlays
from local_server.records import live
from local_server.records import routes as record_routes
from local_server.records.activity import Activity
from local_server.records.outbox import Outbox
from local_server.records.response_times import MeasurePictures, ResponseTimes
from local_server.records.starts import Starts, parent_identity
from local_server.records.violations import Violations
from local_server.settings import Settings
from local_server.storage.blobs import Blobs
from local_server.storage.keys import Keys
from local_server.storage.sealing import Sealer
from local_server.web.frame import framed
from local_server.web.rates import Rate


@dataclass(frozen=True, slots=True)
class Ground:
    """What a server stands on: an opened data directory, and how it may be reached."""

    settings: Settings
    data: DataDirectory
    database: Database
    keys: Keys
    installation_id: str
    port: int
    launch_secret: str | None


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def build(ground: Ground, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """Build the whole server on an opened data directory."""
    settings, database, keys = ground.settings, ground.database, ground.keys

    audit = AuditLog(keys.derive("audit"), clock)
    tokens = Tokens(keys.derive("tokens"), ground.installation_id, clock)
    passwords = Passwords()
    presence = Presence(database, clock)
    accounts = Accounts(database, passwords, audit, clock)
    sessions = Sessions(database, tokens, passwords, Lockout(database, clock), presence, audit, clock)
    gate = Gate(sessions)
    blobs = Blobs(ground.data.blobs, Sealer(keys.derive("blobs")))
    codec = Codec(keys.derive("marks"))
    chain = Audit(database, audit, time.monotonic)
    times = ResponseTimes()
    starts = Starts(database, clock)
    outbox = Outbox(database, clock)
    health = Health(
        [
            checks.DatabaseCheck(database, time.perf_counter),
            checks.StorageCheck(ground.data.blobs),
            checks.KeysCheck(keys),
            checks.NotConfigured("redis"),
            checks.NotConfigured("minio"),
            checks.NotConfigured("virus_scan"),
        ],
        database,
        clock,
        time.monotonic,
    )
    debug = Debug(database, settings.model_dump(mode="json"), dict, ground.data.logs / "error.log")

    rooms = [
        account_routes.routes(
            accounts,
            sessions,
            gate,
            Rate("sign_in", settings.sign_in_rate),
            _FirstGallery(database),
            clock,
            settings.default_protection,
        ),
        record_routes.routes(
            Violations(database, blobs, audit, clock),
            Activity(database, chain, times, starts, clock),
            lambda caller, picture_id: tokens.view(picture_id, caller.viewing_session_id),
            gate,
        ),
        audit_routes.routes(chain, gate),
        mark_routes.routes(Overlays(codec), gate),
        health_routes.routes(health, debug, gate),
    ]
    roots = [
        health_routes.root_routes(health),
        live.routes(outbox, lambda token: (sessions.check(token), sessions.described(token)[1]), clock),
    ]
    companions: list[Companion] = [
        lambda: running(presence.keep()),
        lambda: _start_noted(starts),
        lambda: running(outbox.run()),
        lambda: running(health.watch()),
    ]
    return framed(
        rooms,
        roots,
        lifespan(companions),
        port=ground.port,
        launch_secret=ground.launch_secret,
        origins=settings.frontend_url,
        innermost=[Middleware(MeasurePictures, times=times, monotonic=time.monotonic)],
    )


@asynccontextmanager
async def _start_noted(starts: Starts) -> AsyncIterator[None]:
    """Count this start of the server."""
    await asyncio.to_thread(starts.note, parent_identity())
    yield


class _FirstGallery:
    """Remembers the folder that set-up was given."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, folder: str | None, *, samples: bool) -> None:
        """Take any folder; what is wrong with it the scan says."""

    def choose(self, folder: str | None, *, samples: bool) -> None:
        """Store the folder."""
        if folder is not None:
            with self._database.write() as connection:
                connection.execute(insert(installation).values(key="gallery_folder", value=str(Path(folder))))
