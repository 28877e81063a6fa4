"""The server's API, one method a route, on the io thread; methods raise `client.errors.Failure` alone."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx

from desktop.client import organisation
from desktop.client.albums import Albums
from desktop.client.errors import ServerRejection, SessionEnded
from desktop.client.exports import Exported, read_export
from desktop.client.features import Feature, Features, OwnFeatures
from desktop.client.models import (
    GalleryFolder,
    ImportProgress,
    Library,
    Picture,
    PictureDetail,
    PicturePage,
    RefusedPage,
    ServerFacts,
    SignedIn,
)
from desktop.client.own_sign_in import OwnSignIn
from desktop.client.people import People
from desktop.client.protection import ProtectionServer
from desktop.client.records import ActivityPage, ActivitySummary, Health, OwnRecordsPage
from desktop.client.session import Session
from desktop.client.traces import Traces
from desktop.client.transport import Transport, read_json
from desktop.client.uploads import Sending, Upload
from desktop.client.view_tokens import ViewTokens

P = TypeVar("P", bound=Picture)

PAGE = 500
EXPIRED_VIEW = frozenset({"view_token_expired", "view_token_invalid", "view_token_missing"})


class Gallery:
    """What the program can ask of its server as the person who is signed in."""

    def __init__(
        self, transport: Transport, session: Session, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self.session = session
        self._view_tokens = ViewTokens(self.tokens, clock)
        self.albums = Albums(self._send)
        self.people = People(self._send)
        self.protection = ProtectionServer(self._send)
        self.traces = Traces(self._send)
        self.own_sign_in = OwnSignIn(self._send, session)

    def upload(self, paths: Sequence[Path], told: Callable[[Sending], None]) -> Upload:
        """Make a sending of files and of the pictures in folders; whoever made it runs it."""
        return Upload(self._send, paths, told)

    # Before and around signing in

    async def test(self) -> ServerFacts:
        """Ask whether the server is there and whether it has any account yet."""
        facts = ServerFacts.read(read_json(await self._transport.request("GET", "/api/test")))
        self.session.check_clock(facts.time)
        return facts

    async def setup(self, name: str, password: str, gallery_folder: str | None, samples: bool) -> SignedIn:
        """Create the first admin and the gallery folder, and sign in."""
        return await self.session.set_up(name, password, gallery_folder, samples)

    async def sign_in(self, name: str, password: str, second_factor: str | None = None) -> SignedIn:
        """Open a viewing session."""
        self._view_tokens.forget()
        return await self.session.sign_in(name, password, second_factor)

    async def organisation(self) -> str | None:
        """Ask what the organisation is called whose people may sign in; None without one."""
        return await organisation.offered(self._transport)

    async def sign_in_through_organisation(self, show: Callable[[str], None]) -> SignedIn:
        """Open a viewing session by a sign-in in the browser, which `show` opens on an address."""
        self._view_tokens.forget()
        return await organisation.sign_in(self._transport, self.session, show)

    async def sign_out(self) -> None:
        """End the viewing session and forget every token."""
        self._view_tokens.forget()
        await self.session.sign_out()

    def forget(self) -> None:
        """Forget the view tokens: what is shown next asks anew."""
        self._view_tokens.forget()

    # Pictures

    async def library(self) -> Library:
        """Fetch the numbers of the sidebar."""
        return Library.read(await self._get("/api/library"))

    async def images(
        self,
        *,
        view: str = "all",
        folder: str | None = None,
        album: str | None = None,
        query: str | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> PicturePage:
        """Fetch one page, newest first; `view` is all, recent, favourites or picks."""
        params: dict[str, str | int] = {"view": view, "limit": limit}
        if folder is not None:
            params["folder"] = folder
        if album is not None:
            params["album"] = album
        if query:
            params["q"] = query
        if cursor is not None:
            params["cursor"] = cursor
        page = PicturePage.read(await self._get("/api/images", params))
        self._view_tokens.remember((picture.id, picture.view_token) for picture in page.items)
        return page

    async def image(self, picture_id: str) -> PictureDetail:
        """Fetch all that is known of one picture."""
        return self._seen(PictureDetail.read(await self._get(f"/api/images/{picture_id}")))

    async def update(self, picture_id: str, **changes: object) -> Picture:
        """Change rating, flag, favourite, title or tags."""
        response = await self._send("PATCH", f"/api/images/{picture_id}", json=changes, repeatable=True)
        return self._seen(Picture.read(read_json(response)))

    async def open(self, path: str) -> Picture:
        """Return the picture of a file, imported if need be; a refused file raises its reason."""
        response = await self._send("POST", "/api/images/open", json={"path": path}, repeatable=True)
        return self._seen(Picture.read(read_json(response)))

    async def by_hash(self, content_hash: str) -> Picture:
        """Find a picture by the SHA-256 of its file."""
        return self._seen(Picture.read(await self._get(f"/api/images/by-hash/{content_hash}")))

    async def tokens(self, picture_ids: Sequence[str]) -> dict[str, str]:
        """Fetch view tokens for up to 500 pictures."""
        response = await self._send(
            "POST", "/api/images/tokens", json={"ids": list(picture_ids)}, repeatable=True
        )
        answer = read_json(response)
        return {str(key): str(value) for key, value in answer["tokens"].items()}

    async def view(
        self, picture_id: str, rendition: str, *, column: int | None = None, row: int | None = None
    ) -> bytes:
        """Fetch the JPEG of a rendition: thumbnail, screen, or tile (512 px, at column and row)."""
        params: dict[str, str | int] = {"rendition": rendition}
        if column is not None and row is not None:
            params |= {"column": column, "row": row}
        path = f"/api/secure/image/{picture_id}/view"
        try:
            return (await self._view(picture_id, path, params)).content
        except ServerRejection as rejection:
            if rejection.code not in EXPIRED_VIEW:
                raise
            self._view_tokens.forget(picture_id)
            return (await self._view(picture_id, path, params)).content

    async def export(self, picture_id: str, what: str, reason: str) -> Exported:
        """Take a picture out: its `original`, or a marked `copy`; recorded with the reason."""
        body = {"what": what, "reason": reason}
        return read_export(await self._send("POST", f"/api/images/{picture_id}/export", json=body))

    async def overlay(self) -> bytes:
        """Fetch this session's overlay tile, an RGBA PNG to be painted in device pixels."""
        return (await self._send("GET", "/api/session/overlay")).content

    # Gallery folder and import

    async def gallery(self) -> GalleryFolder:
        """Fetch which folder is watched and how that goes."""
        return GalleryFolder.read(await self._get("/api/gallery"))

    async def set_gallery(self, folder: str) -> GalleryFolder:
        """Watch another folder."""
        response = await self._send("PUT", "/api/gallery", json={"folder": folder})
        return GalleryFolder.read(read_json(response))

    async def scan(self) -> None:
        """Look through the gallery folder now."""
        await self._send("POST", "/api/gallery/scan", repeatable=True)

    async def imports(self) -> ImportProgress:
        """Fetch how far the import is."""
        return ImportProgress.read(await self._get("/api/imports"))

    async def refused(self, cursor: str | None = None, limit: int = 100) -> RefusedPage:
        """Fetch a page of the files that did not become pictures."""
        params: dict[str, str | int] = {"limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        return RefusedPage.read(await self._get("/api/imports/refused", params))

    # Records and health

    async def report_violation(self, report: dict[str, Any]) -> None:
        """Record a capture attempt; the same report may be sent again."""
        await self._send("POST", "/api/violations", json=report, repeatable=True)

    async def report_errors(self, version: str, entries: Sequence[dict[str, Any]]) -> None:
        """Report errors of this program; a batch that gets lost is lost."""
        await self._send("POST", "/api/logs", json={"version": version, "entries": list(entries)})

    async def activity(
        self, cursor: str | None = None, kind: str | None = None, limit: int = 50
    ) -> ActivityPage:
        """Fetch a page of what happened, newest first."""
        params: dict[str, str | int] = {"limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        if kind is not None:
            params["kind"] = kind
        page = ActivityPage.read(await self._get("/api/activity", params))
        self._view_tokens.remember(
            (entry.picture_id, entry.view_token) for entry in page.items if entry.picture_id is not None
        )
        return page

    async def own_records(self, cursor: str | None = None) -> OwnRecordsPage:
        """Fetch a page of what is recorded about the one who is signed in, newest first."""
        params: dict[str, str | int] = {} if cursor is None else {"cursor": cursor}
        return OwnRecordsPage.read(await self._get("/api/session/records", params))

    async def end_recording(self, recording_id: str, items: list[dict[str, Any]]) -> None:
        """Send the last interactions of a recording and end it."""
        if items:
            body = {"recording_id": recording_id, "items": items}
            await self._send("POST", "/api/interactions", json=body, repeatable=True)
        await self._send("POST", f"/api/sessions/{recording_id}/end", repeatable=True)

    async def activity_summary(self) -> ActivitySummary:
        """Fetch the numbers of the activity page."""
        return ActivitySummary.read(await self._get("/api/activity/summary"))

    async def evidence(self, sequence: int) -> bytes:
        """Fetch the small JPEG of what was on the screen at a capture attempt."""
        return (await self._send("GET", f"/api/activity/{sequence}/evidence")).content

    async def export_audit(self) -> bytes:
        """Fetch the whole audit log as JSON lines."""
        return (await self._send("GET", "/api/audit/export")).content

    async def health(self) -> Health:
        """Fetch the state of each service."""
        return Health.read(await self._get("/api/health"))

    async def _view(self, picture_id: str, path: str, params: dict[str, str | int]) -> httpx.Response:
        token = await self._view_tokens.token(picture_id)
        return await self._send("GET", path, params=params, headers={"X-View-Token": token})

    # Features

    async def features(self) -> OwnFeatures:
        """Fetch what one's own role has."""
        return OwnFeatures.read(await self._get("/api/features"))

    async def all_features(self) -> Features:
        """Fetch every feature for each role."""
        return Features.read(await self._get("/api/features/all"))

    async def switch_feature(self, name: str, role: str, on: bool) -> Feature:
        """Give a feature to a role, or take it away."""
        body = {"role": role, "enabled": on}
        response = await self._send("PUT", f"/api/features/{name}", json=body, repeatable=True)
        return Feature.read(read_json(response))

    async def _get(self, path: str, params: dict[str, str | int] | None = None) -> Any:
        return read_json(await self._send("GET", path, params=params))

    async def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        token = await self.session.authorise()
        try:
            return await self._transport.request(method, path, token=token, **arguments)
        except SessionEnded as ended:
            if ended.code != "token_expired":
                self.session.lose(token, ended)
                raise
        await self.session.refresh(token)
        return await self._transport.request(method, path, token=await self.session.authorise(), **arguments)

    def _seen(self, picture: P) -> P:
        self._view_tokens.remember([(picture.id, picture.view_token)])
        return picture
