"""Leads through the program: who is signed in, how the server is, and what the keys do."""

import sys
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from desktop import command_line
from desktop.admin.own_records import OwnRecordsDialog
from desktop.background import Task
from desktop.client.errors import Failure, Outage
from desktop.client.key_store import KeyStore
from desktop.client.models import Picture, SignedIn
from desktop.command_line import KioskRequest, Options
from desktop.entry.browser import open_in_browser
from desktop.keys import bind_keys
from desktop.kiosk.mode import Kiosk
from desktop.pages import Pages
from desktop.protection import Protection, shown_in
from desktop.rooms import Rooms
from desktop.server_process import Phase, ServerProcess, ServerState
from desktop.shell.explain import Explanation
from desktop.shell.leaving import leave

WRONG_USE_CODES = frozenset({"password_file_unreadable", "password_file_empty", "no_account_yet"})


class Program:
    """One run of the program; lives on the GUI thread."""

    def __init__(
        self,
        application: QApplication,
        options: Options,
        server: ServerProcess,
        *,
        key_store: KeyStore | None = None,
        open_url: Callable[[str], bool] = open_in_browser,
    ) -> None:
        self._options = options
        self._server = server
        self.exit_status = command_line.FINE
        self._signed_in: SignedIn | None = None
        self._kept = False
        self._following: Task | None = None
        self._phase = Phase.STARTING
        self._missed_events = False
        self.rooms = Rooms(
            application,
            options.data_dir,
            on_session_lost=self._session_lost,
            shown=lambda: shown_in(self.rooms),
            key_store=key_store,
            open_url=open_url,
        )
        self.window = self.rooms.window
        self.pages = Pages(self.rooms)
        self._protection = Protection(self.rooms)
        self._kiosk = None if options.kiosk is None else self._become_kiosk(options.kiosk)
        self._connect()
        keys = {"lock": self.lock, "sign_out": self.sign_out}
        bind_keys(self.rooms, self.pages, keys if self._kiosk is None else None)

    def start(self) -> None:
        """Show the window, and lead to a picture or to the entry."""
        rooms = self.rooms
        first: QWidget = rooms.entry if self._options.view is None else rooms.direct
        self.window.show_page(first if self._kiosk is None else self._kiosk.page)
        self.window.show() if self._kiosk is None else self._kiosk.fill_screen()
        # A screen without a window manager (a kiosk) gives nobody the keyboard by itself.
        self.window.activateWindow()
        self._server.listen(lambda state: rooms.background.post(partial(self._server_changed, state)))
        rooms.guarding.start()
        if self._kiosk is not None:
            self._kiosk.page.begin()
        elif self._options.view is None:
            rooms.entry.begin()
        else:
            rooms.direct.begin(self._options.view)

    def end(self) -> None:
        """Close the window, whatever keeps it open for the person at the screen."""
        self.window.stays_open = lambda: False
        self.window.close()

    def stop(self) -> None:
        """Forget what is shown and end every thread and process of the window."""
        self._protection.end()
        self.rooms.forget()
        self.window.hide()
        self.rooms.stop(sign_out=not self.rooms.session.kept)

    # Who is signed in

    def lock(self) -> None:
        """Forget the pictures and ask the same person for the password again."""
        if self._signed_in is None:
            return
        name, kept = self._signed_in.account.name, self._kept
        self._end_session(come_back=True)
        self.rooms.entry.lock(name, kept)

    def sign_out(self) -> None:
        """Forget the pictures and whoever looked at them."""
        if self._signed_in is not None:
            self._end_session(come_back=False)
            self._ask()

    def _ask(self, failure: Failure | None = None) -> None:
        """Ask who is there; a kiosk knows."""
        if self._kiosk is not None:
            self.window.show_page(self._kiosk.page)
            self._kiosk.page.begin()
        else:
            self.rooms.entry.ask(failure)

    def _become_kiosk(self, request: KioskRequest) -> Kiosk:
        rooms, window = self.rooms, self.window
        kiosk = Kiosk(request, rooms.look, rooms.gallery, rooms.background, window, window.open_dialog)
        window.add_page(kiosk.page)
        window.stays_open = kiosk.ask_to_leave
        kiosk.opened.connect(self._opened_kiosk)
        kiosk.left_alone.connect(self.end)
        return kiosk

    def _opened_kiosk(self, signed_in: SignedIn) -> None:
        self._begin_session(signed_in, kept=False)
        self.pages.begin(signed_in.account)

    def _opened(self, signed_in: SignedIn, remark: str) -> None:
        self._begin_session(signed_in, kept=self.rooms.entry.kept)
        self.pages.begin(signed_in.account)
        if remark:
            self.window.toast.say(remark, "caution")

    def _opened_alone(self, signed_in: SignedIn, picture: Picture) -> None:
        self.exit_status = command_line.FINE
        self._begin_session(signed_in, kept=False)
        self.pages.begin_alone(signed_in.account, picture)

    def _begin_session(self, signed_in: SignedIn, *, kept: bool) -> None:
        rooms, account = self.rooms, signed_in.account
        self._signed_in, self._kept = signed_in, kept
        self._protection.begin(signed_in)
        rooms.begin(signed_in)
        rooms.errors.begin()
        self._following = rooms.background.run(rooms.live.follow(), None, self._complain, rooms.window)
        if account.sees_pictures:
            rooms.background.run(rooms.gallery.overlay(), self._mark_arrived, self._complain, rooms.window)

    def _strengthen(self) -> None:
        """Paint the mark stronger from now on: the words at once, the tile when it has come."""
        rooms = self.rooms
        rooms.overlay.strengthen()
        rooms.background.run(rooms.gallery.overlay(), self._mark_arrived, self._complain, rooms.window)

    def _mark_arrived(self, tile: bytes) -> None:
        if self._signed_in is not None:
            session = self._signed_in.viewing_session
            self.rooms.overlay.begin(self._signed_in.account.name, session.mark_id, tile)

    def _end_session(self, *, come_back: bool, tell_server: bool = True) -> None:
        rooms = self.rooms
        self._signed_in = None
        if self._following is not None:
            self._following.cancel()
            self._following = None
        for dialog in self.window.findChildren(QDialog):
            dialog.close()
        self.window.command_palette.hide()
        self.pages.end(come_back=come_back)
        self._protection.end()
        rooms.forget()
        reports, errors = rooms.reports.withdraw(), rooms.errors.withdraw()
        if tell_server:
            leaving = leave(rooms.gallery, rooms.recorder, reports, errors)
            rooms.background.run(leaving, self._unreported, self._sign_out_failed, rooms.window)
        else:
            self._unreported(len(reports))

    def _session_lost(self, failure: Failure) -> None:
        """Ask for the password when the server has ended the session, and come back to the same place."""
        if self._signed_in is not None:
            self._end_session(come_back=True, tell_server=False)
            self._ask(failure)

    def _unreported(self, reports: int) -> None:
        if reports:
            words = f"{reports} capture attempts could not be recorded: the server did not take them in time."
            sys.stderr.write(f"vaultsecure: {words}\n")
            self.window.toast.say(words, "caution", "Tell the keeper of this gallery.")

    def _sign_out_failed(self, failure: Failure) -> None:
        if isinstance(failure, Outage):
            self.rooms.entry.sign_in.notice.tell(
                "You are signed out here, but the server could not be told.",
                "It ends the session by itself within the hour.",
                "caution",
            )

    # How the server is

    def _server_changed(self, state: ServerState) -> None:
        rooms = self.rooms
        before, self._phase = self._phase, state.phase
        if state.address is not None and state.phase is Phase.READY:
            rooms.background.call_soon(rooms.transport.move, state.address)
        else:
            rooms.background.call_soon(rooms.transport.lose, state.why or f"it is {state.phase}")
        rooms.entry.show_server(state)
        if state.phase is Phase.SAFE_MODE:
            self.pages.show_entry()
            self.window.entitle("Safe mode")
            if self._options.view is not None:
                sys.stderr.write(f"vaultsecure: the server cannot be kept running: {state.why}.\n")
                self.exit_status = command_line.OUTAGE
        elif state.phase is Phase.READY and self._signed_in is not None:
            rooms.library.server_came_back()
            if self.window.page is rooms.entry:
                self.pages.show_beside(rooms.library)
        elif state.phase is not Phase.READY and before is Phase.READY:
            rooms.library.server_went_away()

    def _direct_failed(self, failure: Failure) -> None:
        sys.stderr.write(f"vaultsecure: {failure.message} {failure.advice}\n")
        if isinstance(failure, Outage):
            self.exit_status = command_line.OUTAGE
        elif failure.status in (401, 403, 423, 429) or failure.code in WRONG_USE_CODES:
            self.exit_status = command_line.WRONG_USE
        else:
            self.exit_status = command_line.NO

    def _complain(self, failure: Failure) -> None:
        self.window.toast.say(failure.message, "alarm", failure.advice)

    # Who is connected with whom

    def _connect(self) -> None:
        rooms = self.rooms
        rooms.entry.opened.connect(self._opened)
        rooms.entry.title_changed.connect(self.window.entitle)
        rooms.entry.safe_mode.try_again_requested.connect(self._server.try_again)
        rooms.entry.safe_mode.quit_requested.connect(self.window.close)
        rooms.direct.opened.connect(self._opened_alone)
        rooms.direct.failed.connect(self._direct_failed)
        rooms.direct.quit_requested.connect(self.window.close)
        rooms.live_events.happened.connect(rooms.library.on_event)
        rooms.ways_out.said.connect(self.window.toast.say)
        rooms.drags.tried.connect(rooms.ways_out.refuse_drag)
        rooms.attention.changed.connect(rooms.guarding.shield.set_attended)
        rooms.library.albums.said.connect(self.window.toast.say)
        rooms.library.uploads.said.connect(self.window.toast.say)
        rooms.live_events.disconnected.connect(self._live_broken)
        rooms.live_events.connected.connect(self._live_again)
        for page in (rooms.library, rooms.viewer):
            page.explain_requested.connect(self._explain)
        rooms.settings.lock_requested.connect(self.lock)
        rooms.settings.sign_out_requested.connect(self.sign_out)
        rooms.settings.guard_requested.connect(rooms.guarding.start)
        rooms.settings.own_records_requested.connect(self._show_own_records)
        rooms.claims.strengthened.connect(self._strengthen)
        # Later: the shield is just looking at what it must hide.
        rooms.guarding.shield.lock_wanted.connect(self.lock, Qt.ConnectionType.QueuedConnection)
        rooms.guarding.shield.end_wanted.connect(self.sign_out, Qt.ConnectionType.QueuedConnection)
        self.pages.turned.connect(self._protection.update)

    def _explain(self) -> None:
        self.window.open_dialog(Explanation(self.rooms.look, self.window))

    def _show_own_records(self) -> None:
        rooms = self.rooms
        self.window.open_dialog(OwnRecordsDialog(rooms.look, rooms.gallery, rooms.background, self.window))

    def _live_broken(self) -> None:
        self._missed_events = True

    def _live_again(self) -> None:
        """Fetch what may have been missed while the connection was away."""
        missed, self._missed_events = self._missed_events, False
        if missed and self._signed_in is not None and self._signed_in.account.sees_pictures:
            self.rooms.library.server_came_back()
