"""Builds every room of the program and hands each what it needs; nothing happens here yet."""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from desktop import VERSION
from desktop.admin.activity import ActivityPage
from desktop.admin.people import PeoplePage
from desktop.admin.settings import SettingsPage
from desktop.admin.trace import TracePage
from desktop.background import Background, LiveEvents
from desktop.canvas.deliveries import Deliveries
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.pixels import DecodePool, PixelCache
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.key_store import KeyStore
from desktop.client.live import Live
from desktop.client.models import Account, Picture, SignedIn
from desktop.client.recorder import Recorder
from desktop.client.session import Session, this_machine
from desktop.client.transport import Transport
from desktop.entry.browser import open_in_browser
from desktop.entry.direct import DirectPage
from desktop.entry.flow import EntryPage
from desktop.features import FeatureSwitches
from desktop.gallery.page import LibraryPage
from desktop.gallery.sidebar import OtherPage
from desktop.look.appearance import Appearance
from desktop.look.motion import asked_motion
from desktop.shell.attention import Attention
from desktop.shell.claims import Claims
from desktop.shell.drags import Drags
from desktop.shell.error_reports import ErrorReports
from desktop.shell.guarding import Guarding
from desktop.shell.interactions import Interactions
from desktop.shell.leaving import leave
from desktop.shell.reports import ViolationReports
from desktop.shell.ways_out import WaysOut
from desktop.shell.window import Frame, MainWindow
from desktop.viewer.page import ViewerPage
from desktop.viewer.side_panel import SidePanel

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
BACKDROP = RESOURCES / "samples" / "Sunset from the summit.jpg"
PICTURE_MEMORY = 384 << 20
THUMBNAIL_MEMORY = 160 << 20
LEAVE_WITHIN = 3.0
PAGES = (
    OtherPage("activity", "activity", "Activity"),
    OtherPage("people", "users", "People"),
    OtherPage("trace", "search-check", "Trace a leak"),
    OtherPage("settings", "settings", "Settings"),
)


class Rooms:
    """Everything that lives as long as the window."""

    def __init__(
        self,
        application: QApplication,
        data_dir: Path,
        *,
        on_session_lost: Callable[[Failure], None],
        shown: Callable[[], tuple[QWidget | None, str | None]],
        key_store: KeyStore | None = None,
        open_url: Callable[[str], bool] = open_in_browser,
    ) -> None:
        """Build; callbacks come on the GUI thread. `shown` is what `Guarding` asks for."""
        self.look = Appearance(application, RESOURCES, asked_motion(os.environ))
        self.window = MainWindow(self.look)
        self.background = Background()
        post = self.background.post
        self.transport = Transport()
        self.session = Session(
            self.transport,
            key_store or KeyStore(key_store_entry(data_dir)),
            this_machine(),
            clock=time.monotonic,
            on_lost=lambda failure: post(partial(on_session_lost, failure)),
        )
        self.gallery = Gallery(self.transport, self.session)
        self.live_events = LiveEvents()
        self.recorder = Recorder({"client": "desktop", "version": VERSION})
        self.live = Live(
            self.transport,
            self.session,
            on_event=lambda kind, data: post(partial(self.live_events.happened.emit, kind, dict(data))),
            on_connected=lambda there: post(partial(self._connected, there)),
            recorder=self.recorder,
        )
        self.pool = DecodePool()
        self.pictures = self._deliveries(PICTURE_MEMORY)
        self.thumbnails = self._deliveries(THUMBNAIL_MEMORY)
        self.overlay = MarkOverlay(self.look.fonts, lambda: datetime.now(UTC))
        self.reports = ViolationReports(self.gallery, self.background)
        self.errors = ErrorReports(
            self.gallery,
            self.background,
            server_there=lambda: self.transport.known_address is not None,
            secrets=self._secrets,
        )
        self.guarding = Guarding(self.background, self.reports, QGuiApplication.platformName(), shown)
        self.claims = Claims(self.gallery, self.background, self.live_events, self.guarding)
        for deliveries in (self.pictures, self.thumbnails):
            self.claims.held.connect(deliveries.try_again)
        self._build_pages(data_dir, open_url)
        self.features = FeatureSwitches(
            self.gallery,
            self.background,
            self.live_events,
            self.window.actions_table,
            self._withhold,
        )
        self._follow_pictures()
        self.ways_out = WaysOut(
            self.gallery, self.background, self._current_picture, self.window, self.window.open_dialog
        )
        self.drags = Drags()
        self.drags.watch(self.library.grid.viewport())
        self.drags.watch(self.viewer.filmstrip)
        self.attention = Attention(application)
        self.interactions = Interactions(
            self.viewer, partial(self.background.call_soon, self.recorder.add), time.monotonic
        )

    def begin(self, signed_in: SignedIn) -> None:
        """Tell every page who looks at it now."""
        account, mark_id = signed_in.account, signed_in.viewing_session.mark_id
        self.features.begin()
        if account.sees_pictures:
            self.claims.begin()
        self.background.call_soon(self.recorder.begin)
        self.settings.begin(signed_in)
        self.activity.begin(account)
        self.viewer.begin(account, mark_id)
        self.side_panel.begin(account, mark_id)
        self.ways_out.begin(account)
        self.library.albums.begin(account)
        self.library.uploads.begin(account)
        self.library.status.show_marked_for(account.name)
        self.library.sidebar.show_pages(pages_of(account))

    def forget(self) -> None:
        """Drop every picture, mark and name that a session has left in memory."""
        self.features.end()
        self.claims.end()
        self.pictures.forget()
        self.thumbnails.forget()
        self.overlay.end()
        self.viewer.end()
        self.library.end()
        self.side_panel.end()
        self.ways_out.begin(None)
        self.activity.forget()
        self.people.forget()
        self.trace.forget()
        self.settings.sign_in.forget()
        self.gallery.forget()
        self.library.status.show_marked_for("")

    def stop(self, *, sign_out: bool) -> None:
        """End every thread and process that was started here, and the session unless it is kept."""
        self.background.stop(self._close(self.reports.withdraw(), self.errors.withdraw(), sign_out=sign_out))
        self.pool.stop()

    def _build_pages(self, data_dir: Path, open_url: Callable[[str], bool]) -> None:
        look, gallery, background = self.look, self.gallery, self.background
        self.entry = EntryPage(
            look, gallery, background, sample=BACKDROP, logs=data_dir / "logs", open_url=open_url
        )
        self.direct = DirectPage(look, gallery, background)
        self.side_panel = SidePanel(look, gallery, background)
        self.library = LibraryPage(
            look, gallery, background, self.thumbnails, self.overlay, PAGES, side_panel=self.side_panel
        )
        self.activity = ActivityPage(
            look, gallery, background, self.live_events, self.thumbnails, self.overlay
        )
        self.trace = TracePage(look, gallery, background, self.thumbnails, self.overlay)
        self.people = PeoplePage(look, gallery, background, self.live_events)
        self.settings = SettingsPage(look, gallery, background, self.live_events, data_dir)
        self.viewer = ViewerPage(look, gallery, background, self.pictures, self.thumbnails, self.overlay)
        self.frame = Frame(
            self.library.sidebar,
            self.library.status,
            self.library,
            self.activity,
            self.people,
            self.trace,
            self.settings,
        )
        for page in (self.entry, self.direct, self.frame, self.viewer):
            self.window.add_page(page)

    def _current_picture(self) -> Picture | None:
        """Return the picture that somebody sees and means; None where there is none, or it is hidden."""
        if self.guarding.shield.up:
            return None
        return self.viewer.picture if self.window.page is self.viewer else self.library.grid.current

    def _withhold(self, off: frozenset[str]) -> None:
        self.viewer.top.withhold(off)
        self.library.uploads.withhold(off)

    def _follow_pictures(self) -> None:
        """Tell the guard of every widget that shows pictures."""
        for widget in (
            self.library.grid,
            self.viewer.stage,
            self.viewer.filmstrip,
            self.activity.table,
            self.activity.evidence.picture,
            self.trace.panel.view,
        ):
            self.guarding.regions.add(widget)

    def _deliveries(self, memory: int) -> Deliveries:
        return Deliveries(self.gallery, self.background, self.pool, PixelCache(memory))

    def _connected(self, there: bool) -> None:
        (self.live_events.connected if there else self.live_events.disconnected).emit()

    def _secrets(self) -> list[str]:
        """Return what must leave this machine in no report."""
        address = self.transport.known_address
        return [] if address is None or address.launch_secret is None else [address.launch_secret]

    async def _close(
        self, reports: list[dict[str, Any]], errors: list[dict[str, Any]], *, sign_out: bool
    ) -> None:
        await self.guarding.stop()
        # Nobody is left to be told of a server that is away; sessions end by themselves, too.
        with suppress(TimeoutError, Failure):
            async with asyncio.timeout(LEAVE_WITHIN):
                await leave(self.gallery, self.recorder, reports, errors, sign_out=sign_out)
        await self.transport.close()


def pages_of(account: Account) -> set[str]:
    """Return which of the pages beside the library a role opens."""
    if account.role == "kiosk":
        return set()
    records = {"activity", "trace"} if account.reads_records else set()
    return {"settings", *records, *({"people"} if account.administers else set())}


def key_store_entry(data_dir: Path) -> str:
    """Name the key store's entry of one gallery: two galleries of one person do not share a session."""
    return "refresh token " + hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
