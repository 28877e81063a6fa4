"""The composition root of the server: the routes of every room, and what runs beside the requests."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog
from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from local_server.accounts import credential_routes, user_routes
from local_server.accounts import routes as account_routes
from local_server.accounts.api_keys import routes as api_key_routes
from local_server.accounts.api_keys import service as api_keys
from local_server.accounts.api_keys.errors import ScopeMissing
from local_server.accounts.models import Caller, KeyScope
from local_server.accounts.organisation import routes as organisation_routes
from local_server.albums import routes as album_routes
from local_server.audit import routes as audit_routes
from local_server.companions import companions, fewest_companions
from local_server.features import routes as feature_routes
from local_server.grants import routes as grant_routes
from local_server.guard import routes as guard_routes
from local_server.health import routes as health_routes
from local_server.health.metrics_access import MetricsAccess
from local_server.health.traffic import Measure
from local_server.importer import routes as import_routes
from local_server.installation import Installation
from local_server.jobs import routes as job_routes
from local_server.jobs.service import queue_state
from local_server.library import export_routes, signed_routes
from local_server.library import routes as library_routes
from local_server.library.pixel_threads import PixelThreads
from local_server.lifespan import lifespan
from local_server.marks import routes as mark_routes
from local_server.marks import trace_routes
from local_server.records import error_report_routes, live, status
from local_server.records import own_routes as own_record_routes
from local_server.records import routes as record_routes
from local_server.records.error_reports import ErrorReports
from local_server.records.recordings import routes as recording_routes
from local_server.rooms import Rooms
from local_server.settings import Settings
from local_server.uploads import routes as upload_routes
from local_server.web.frame import framed
from local_server.web.safe_mode import SafeMode

# What stands around a file in a multipart body.
_PART_BYTES: Final = 8192
# A desktop says once a minute what it can hold, and at each change.
_CLAIMS: Final = "60/minute"
_log = structlog.get_logger("app")


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def build(
    installation: Installation,
    *,
    port: int,
    launch_secret: str | None,
    safe: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """Build the server on an opened installation, at a port and with a secret: whole, or its safe mode."""
    rooms = Rooms(installation, clock, safe=safe)
    return framed(
        _routes(rooms, launch_secret),
        _root_routes(rooms),
        lifespan(fewest_companions(rooms) if safe else companions(rooms)),
        port=port,
        hosts=installation.settings.allowed_hosts,
        launch_secret=launch_secret,
        origins=installation.settings.frontend_url,
        proxies=installation.settings.trusted_proxies,
        larger_bodies=_larger_bodies(installation.settings),
        measured=[Middleware(Measure, traffic=rooms.traffic, monotonic=time.monotonic)],
        innermost=[Middleware(SafeMode)] if safe else [],
    )


def _larger_bodies(settings: Settings) -> dict[tuple[str, str], int]:
    one = int(settings.max_file_size) + _PART_BYTES
    longest = {"images": settings.max_files_per_request * one, "trace": one}
    roots = ("/api", "/api/v1")
    return {("POST", f"{root}/{name}"): size for root in roots for name, size in longest.items()}


def _routes(rooms: Rooms, launch_secret: str | None) -> list[APIRouter]:
    """Return what is reached under /api."""
    local = launch_secret is not None
    settings, database, gate = rooms.installation.settings, rooms.installation.database, rooms.gate
    threads = PixelThreads()
    described = library_routes.Described(rooms.library, rooms.tokens, rooms.features)
    picture_rate = rooms.rates.rate("pictures", settings.picture_rate)
    sign_in_rate = rooms.rates.rate("sign_in", settings.sign_in_rate)
    people = rooms.people
    return [
        account_routes.routes(
            rooms.accounts,
            rooms.sessions,
            gate,
            sign_in_rate,
            rooms.gallery,
            rooms.clock,
            settings.default_protection,
            # Nobody else can reach the child of a parent program.
            None if local else rooms.setup_code,
        ),
        credential_routes.routes(
            people.changes,
            people.second_factors,
            gate,
            sign_in_rate,
            rooms.clock,
            settings.default_protection,
        ),
        user_routes.routes(people.accounts, people.people, people.exemptions, gate),
        guard_routes.routes(rooms.claims, rooms.ledger, gate, rooms.rates.rate("claims", _CLAIMS)),
        api_key_routes.routes(rooms.api_keys, gate),
        organisation_routes.routes(
            rooms.organisation, gate, sign_in_rate, rooms.clock, settings.default_protection
        ),
        record_routes.routes(
            rooms.violations,
            rooms.activity,
            lambda caller, picture_ids: described.tokens(picture_ids, caller),
            gate,
        ),
        own_record_routes.routes(rooms.own_records, gate),
        status.routes(database, partial(_database_state, rooms), rooms.figures, rooms.clock, gate),
        recording_routes.routes(rooms.recordings.recordings, rooms.recordings.screenshots, gate),
        error_report_routes.routes(
            ErrorReports(
                rooms.client_log, rooms.client_errors, rooms.clock, [launch_secret] if launch_secret else []
            ),
            gate,
            rooms.rates.rate("error_reports", settings.report_rate),
        ),
        library_routes.routes(
            rooms.library,
            rooms.delivery,
            threads,
            described,
            gate,
            picture_rate,
            rooms.looking.at,
        ),
        signed_routes.routes(rooms.addresses, threads, gate, picture_rate),
        export_routes.routes(rooms.exports, gate, rooms.rates.rate("exports", settings.export_rate)),
        album_routes.routes(rooms.albums, gate),
        grant_routes.routes(rooms.grants, gate),
        import_routes.routes(
            rooms.importer,
            rooms.gallery,
            database,
            rooms.library,
            described,
            rooms.features,
            gate,
            local=local,
        ),
        upload_routes.routes(
            rooms.uploads,
            rooms.features,
            gate,
            rooms.rates.rate("uploads", settings.upload_rate),
            rooms.installation.blobs,
            rooms.installation.data.uploads,
            int(settings.max_file_size),
            settings.max_files_per_request,
        ),
        job_routes.routes(lambda: queue_state(database, rooms.clock), gate),
        audit_routes.routes(rooms.audit, gate),
        mark_routes.routes(rooms.overlays, gate),
        trace_routes.routes(
            rooms.traces,
            lambda caller, picture_ids: described.tokens(picture_ids, caller),
            gate,
            rooms.rates.rate("trace", settings.trace_rate),
            rooms.installation.blobs,
            rooms.installation.data.uploads,
            int(settings.max_file_size),
        ),
        feature_routes.routes(rooms.features, gate),
        health_routes.routes(rooms.health, rooms.debug, gate),
    ]


def _root_routes(rooms: Rooms) -> list[APIRouter]:
    """Return what is reached beside /api."""
    return [
        health_routes.root_routes(
            rooms.health, rooms.metrics, MetricsAccess(rooms.installation.settings.metrics_token)
        ),
        live.routes(rooms.outbox, rooms.recordings.streams, partial(_live_caller, rooms), rooms.clock),
    ]


def _database_state(rooms: Rooms) -> dict[str, Any]:
    """Return what the health report says of the database."""
    part = rooms.health.report().parts["database"]
    return {"status": part.status.value, **part.facts, **({"reason": part.reason} if part.reason else {})}


def _live_caller(rooms: Rooms, text: str) -> tuple[Caller, datetime]:
    """Return who may follow live events, by an access token or an API key, and for how long."""
    if text.startswith(api_keys.PREFIX):
        caller = rooms.api_keys.check(text)
        if not caller.may(KeyScope.PICTURES_READ) and not caller.may(KeyScope.RECORDS_WRITE):
            raise ScopeMissing(f"It needs the scope {KeyScope.PICTURES_READ} or {KeyScope.RECORDS_WRITE}.")
        # Nothing but the next check ends it; there is one every few seconds.
        return caller, datetime.max.replace(tzinfo=UTC)
    return rooms.sessions.check(text), rooms.sessions.described(text)[1]
