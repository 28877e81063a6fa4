"""The composition root of the server: builds every room, the only file beside `cli` that knows them all."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import structlog
from fastapi import FastAPI
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
from local_server.errors import Outage
from local_server.health import checks
from local_server.health import routes as health_routes
from local_server.health.debug import Debug
from local_server.health.service import Health
from local_server.imaging.isolation import Decoder
from local_server.importer import routes as import_routes
from local_server.importer.gallery import Gallery
from local_server.importer.service import Importer
from local_server.installation import Installation
from local_server.jobs import routes as job_routes
from local_server.jobs.queue import JobQueue
from local_server.jobs.service import queue_state
from local_server.jobs.worker_process import WorkerProcess
from local_server.library import routes as library_routes
from local_server.library.deliveries import WRITE_SECONDS, Deliveries
from local_server.library.delivery import Delivery
from local_server.library.marking import PixelMarker
from local_server.library.originals import Originals
from local_server.library.protection import Level
from local_server.library.service import Library
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
from local_server.storage.blobs import Blobs
from local_server.storage.sealing import Sealer
from local_server.web.frame import framed
from local_server.web.rates import Rate

SAMPLES: Final = Path(__file__).resolve().parents[1] / "resources" / "samples"
_log = structlog.get_logger("app")


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def build(
    installation: Installation,
    *,
    port: int,
    launch_secret: str | None,
    clock: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """Build the whole server on an opened installation, reached at a port and with a secret."""
    settings, data = installation.settings, installation.data
    database, keys = installation.database, installation.keys

    audit = AuditLog(keys.derive("audit"), clock)
    tokens = Tokens(keys.derive("tokens"), installation.id, clock)
    passwords = Passwords()
    presence = Presence(database, clock)
    accounts = Accounts(database, passwords, audit, clock)
    sessions = Sessions(database, tokens, passwords, Lockout(database, clock), presence, audit, clock)
    gate = Gate(sessions)
    blobs = Blobs(data.blobs, Sealer(keys.derive("blobs")))
    codec = Codec(keys.derive("marks"))
    chain = Audit(database, audit, time.monotonic)
    times = ResponseTimes()
    starts = Starts(database, clock)
    outbox = Outbox(database, clock)
    library = Library(database, clock, Level(settings.default_protection))
    described = library_routes.Described(library, tokens)
    deliveries = Deliveries(database, audit, clock)
    delivery = Delivery(
        database, blobs, library, Originals(database), Decoder(), PixelMarker(codec), tokens, deliveries
    )
    gallery = Gallery(database, data, SAMPLES, audit, clock)
    importer = Importer(database, gallery, JobQueue(data.queue), clock, settings.max_file_size)
    worker = WorkerProcess(data.root)
    health = Health(
        [
            checks.DatabaseCheck(database, time.perf_counter),
            checks.StorageCheck(data.blobs),
            checks.QueueCheck(lambda: checks.QueueCounts(**asdict(queue_state(database, clock)))),
            checks.WorkerCheck(
                lambda: checks.WorkerFacts(worker.running, worker.pid, worker.restarts, worker.reason)
            ),
            checks.WatcherCheck(lambda: checks.WatcherFacts(**asdict(importer.watcher()))),
            checks.KeysCheck(keys),
            checks.NotConfigured("redis"),
            checks.NotConfigured("minio"),
            checks.NotConfigured("virus_scan"),
        ],
        database,
        clock,
        time.monotonic,
    )
    debug = Debug(
        database,
        settings.model_dump(mode="json"),
        lambda: asdict(gallery.state()),
        data.logs / "error.log",
    )

    rooms = [
        account_routes.routes(
            accounts,
            sessions,
            gate,
            Rate("sign_in", settings.sign_in_rate),
            gallery,
            clock,
            settings.default_protection,
        ),
        record_routes.routes(
            Violations(database, blobs, audit, clock),
            Activity(database, chain, times, starts, clock),
            lambda caller, picture_id: tokens.view(picture_id, caller.viewing_session_id),
            gate,
        ),
        library_routes.routes(library, delivery, described, gate, Rate("pictures", settings.picture_rate)),
        import_routes.routes(
            importer, gallery, database, library, described, gate, local=launch_secret is not None
        ),
        job_routes.routes(lambda: queue_state(database, clock), gate),
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
        lambda: _deliveries_kept(deliveries),
        lambda: _beside(worker),
        lambda: _beside(importer),
        lambda: _closed_at_end(delivery),
    ]
    return framed(
        rooms,
        roots,
        lifespan(companions),
        port=port,
        launch_secret=launch_secret,
        origins=settings.frontend_url,
        innermost=[Middleware(MeasurePictures, times=times, monotonic=time.monotonic)],
    )


@asynccontextmanager
async def _start_noted(starts: Starts) -> AsyncIterator[None]:
    """Count this start of the server."""
    await asyncio.to_thread(starts.note, parent_identity())
    yield


class Threaded(Protocol):
    """A part that works on a thread of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@asynccontextmanager
async def _beside(part: Threaded) -> AsyncIterator[None]:
    """Let a part work beside the requests."""
    await asyncio.to_thread(part.start)
    try:
        yield
    finally:
        await asyncio.to_thread(part.stop)


@asynccontextmanager
async def _deliveries_kept(deliveries: Deliveries) -> AsyncIterator[None]:
    """Write who was sent what every second, and once more at the end."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await asyncio.to_thread(deliveries.write)
            except Outage as outage:  # what was to be written is kept, and tried again
                _log.error("deliveries not written", code=outage.code, detail=outage.detail)

    async with running(keep()):
        yield
    await asyncio.to_thread(deliveries.write)


@asynccontextmanager
async def _closed_at_end(delivery: Delivery) -> AsyncIterator[None]:
    """End what delivery has started."""
    yield
    await asyncio.to_thread(delivery.close)
