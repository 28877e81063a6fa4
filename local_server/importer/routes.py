"""HTTP of the gallery folder and of importing."""

import os
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from local_server.accounts.gate import Gate
from local_server.accounts.models import CURATES, LOOKS_AT_PICTURES, Caller, KeyScope, Role
from local_server.database.engine import Database
from local_server.features.models import OPEN_FILES
from local_server.features.service import Features
from local_server.importer import queries
from local_server.importer.advice import advice_for
from local_server.importer.errors import OpenNotLocal
from local_server.importer.gallery import Gallery
from local_server.importer.service import Importer
from local_server.library.bodies import PictureAnswer
from local_server.library.cursors import read_place, write_place
from local_server.library.rights import Scope, scope_of
from local_server.library.routes import Described
from local_server.library.service import Library
from local_server.web.bodies import Answer, Body


class ScanAnswer(Answer):
    """A comparison of the folder with the catalogue."""

    id: int
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    seen: int
    added: int
    moved: int
    removed: int
    unreadable: int
    error: str | None


class GalleryAnswer(Answer):
    """The gallery folder and what is known of it."""

    folder: str | None
    exists: bool
    readable: bool
    watching: bool
    watcher: str | None
    reason: str | None
    last_scan: ScanAnswer | None
    pictures: int
    refused: int


class GalleryBody(Body):
    """A folder's full path."""

    folder: Annotated[str, Field(min_length=1, max_length=4096)]


class ImportsAnswer(Answer):
    """The current import, else the last one; `rate` in pictures a second."""

    active: bool
    done: int
    total: int
    refused: int
    rate: float
    seconds_left: float | None
    folder: str | None
    started_at: datetime | None


class RefusedAnswer(Answer):
    """A file that was not taken."""

    name: str
    folder: str
    code: str
    reason: str
    advice: str
    time: datetime


class RefusedPageAnswer(Answer):
    """Files that were not taken, newest first."""

    items: list[RefusedAnswer]
    next: str | None


class OpenBody(Body):
    """A file's full path on this machine."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]


def routes(
    importer: Importer,
    gallery: Gallery,
    database: Database,
    library: Library,
    described: Described,
    features: Features,
    gate: Gate,
    *,
    local: bool,
) -> APIRouter:
    """Return the routes of this room; `local` says that the asker's files are this machine's."""
    router = APIRouter(tags=["import"])
    Curator = Annotated[Caller, Depends(gate.require(CURATES))]
    Follower = Annotated[Caller, Depends(gate.require(CURATES, scope=KeyScope.QUEUE_READ))]
    Admin = Annotated[Caller, Depends(gate.require({Role.ADMIN}))]
    Viewer = Annotated[Caller, Depends(gate.require(LOOKS_AT_PICTURES))]

    def answered() -> GalleryAnswer:
        state, watcher = gallery.state(), importer.watcher()
        with database.read() as connection:
            counts = queries.status_counts(connection)
            unreadable = queries.unreadable_count(connection)
            scan = queries.last_scan(connection)
        return GalleryAnswer(
            folder=state.folder,
            exists=state.exists,
            readable=state.readable,
            watching=watcher.watching,
            watcher=watcher.kind,
            reason=watcher.reason,
            last_scan=None if scan is None else ScanAnswer(**scan),
            pictures=counts.get(queries.READY, 0),
            refused=counts.get(queries.REFUSED, 0) + unreadable,
        )

    @router.get("/gallery")
    def show(_caller: Curator) -> GalleryAnswer:
        """Describe the gallery folder."""
        return answered()

    @router.put("/gallery")
    def choose(caller: Admin, body: GalleryBody) -> GalleryAnswer:
        """Make another folder the gallery."""
        gallery.choose(body.folder, samples=False, caller=caller)
        importer.folder_changed()
        return answered()

    @router.post("/gallery/scan", status_code=202)
    def scan(_caller: Curator) -> dict[str, Any]:
        """Compare the folder with the catalogue now."""
        importer.request_scan()
        return {}

    @router.get("/imports")
    def imports(_caller: Follower) -> ImportsAnswer:
        """Tell how far importing is."""
        progress = importer.progress
        return ImportsAnswer(
            active=progress.active,
            done=progress.done,
            total=progress.total,
            refused=progress.refused,
            rate=progress.rate,
            seconds_left=progress.seconds_left,
            folder=gallery.state().folder,
            started_at=progress.started_at,
        )

    @router.get("/imports/refused")
    def refused(
        _caller: Follower,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(max_length=256)] = None,
    ) -> RefusedPageAnswer:
        """List the files that were not taken, and why."""
        with database.read() as connection:
            rows = queries.refused(connection, read_place(cursor) if cursor else 0, limit + 1)
        items = [
            RefusedAnswer(
                name=row.name,
                folder=row.folder,
                code=row.reason_code,
                reason=row.reason,
                advice=advice_for(row.reason_code),
                time=row.seen_at,
            )
            for row in rows[:limit]
        ]
        return RefusedPageAnswer(
            items=items, next=write_place(rows[limit - 1].id) if len(rows) > limit else None
        )

    @router.post("/images/open")
    def open_file(caller: Viewer, body: OpenBody) -> PictureAnswer:
        """Return the picture in a file of this machine.

        It is imported first when it is unknown, but not for those who see granted albums alone.
        """
        if not local:
            raise OpenNotLocal
        features.check(OPEN_FILES, caller.role)
        path = os.fsencode(body.path)
        if scope_of(caller) is not Scope.EVERYTHING:
            return described.picture(library.by_hash(caller, importer.content(path)), caller)
        return described.picture(library.details(caller, importer.open(path)).picture, caller)

    return router
