"""The composition root of the server: builds every room, the only file beside `cli` that knows them all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import insert
from starlette.middleware.cors import CORSMiddleware

from local_server import VERSION
from local_server.accounts import routes as account_routes
from local_server.accounts.gate import Gate
from local_server.accounts.lockout import Lockout
from local_server.accounts.passwords import Passwords
from local_server.accounts.presence import Presence
from local_server.accounts.service import Accounts
from local_server.accounts.sessions import Sessions
from local_server.accounts.tokens import Tokens
from local_server.audit.log import AuditLog
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.tables import installation
from local_server.errors import Outage
from local_server.settings import Settings
from local_server.storage.keys import Keys
from local_server.web import problems
from local_server.web.body import BodyLimit
from local_server.web.doorway import LAUNCH_SECRET, Doorway
from local_server.web.envelope import Envelope
from local_server.web.rates import Rate

PRESENCE_SECONDS = 15.0
_log = structlog.get_logger("app")

# Something that runs beside the requests, from the start of the server to its end.
Companion = Callable[[], AbstractAsyncContextManager[None]]


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
    ]
    companions: list[Companion] = [lambda: _presence_kept(presence)]
    return _framed(ground, rooms, companions)


def _framed(ground: Ground, rooms: list[APIRouter], companions: list[Companion]) -> FastAPI:
    """Put the rooms behind the layers that all requests pass, from the outside in."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for companion in companions:
                await stack.enter_async_context(companion())
            yield

    app = FastAPI(
        title="VaultSecure Gallery",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=_operation,
    )
    for prefix in ("/api", "/api/v1"):
        for room in rooms:
            app.include_router(room, prefix=prefix, include_in_schema=prefix == "/api")
    problems.install(app)
    app.add_middleware(BodyLimit)
    if ground.settings.frontend_url:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=ground.settings.frontend_url,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-View-Token", LAUNCH_SECRET],
        )
    app.add_middleware(
        Doorway,
        port=ground.port,
        launch_secret=ground.launch_secret,
        origins=ground.settings.frontend_url,
    )
    app.add_middleware(Envelope)
    return app


def _operation(route: APIRoute) -> str:
    return route.name


@asynccontextmanager
async def _presence_kept(presence: Presence) -> AsyncIterator[None]:
    """Write who was seen every few seconds, and once more at the end."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(PRESENCE_SECONDS)
            try:
                await asyncio.to_thread(presence.write)
            except Outage as outage:  # it is in the health report too; the next round tries again
                _log.warning("presence not written", code=outage.code, detail=outage.detail)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.to_thread(presence.write)


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
