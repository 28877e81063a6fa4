"""Leads through the program: who is signed in, which page is shown, and how the server and the guard are."""

import sys
from functools import partial

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from desktop import command_line
from desktop.background import Task
from desktop.client.errors import Failure, Outage
from desktop.client.key_store import KeyStore
from desktop.client.models import Picture, SignedIn
from desktop.command_line import Options
from desktop.gallery.status_bar import Guard
from desktop.guard.events import GuardState
from desktop.rooms import Rooms
from desktop.server_process import Phase, ServerProcess, ServerState
from desktop.shell.explain import Explanation
from desktop.shell.guarding import strictest

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
    ) -> None:
        self._options = options
        self._server = server
        self.exit_status = command_line.FINE
        self._signed_in: SignedIn | None = None
        self._kept = False
        self._left_at: tuple[QWidget, str | None] | None = None
        self._following: Task | None = None
        self._list_level = ""
        self._phase = Phase.STARTING
        self.rooms = Rooms(
            application,
            options.data_dir,
            on_session_lost=self._session_lost,
            shown=self._shown,
            key_store=key_store,
        )
        self.window = self.rooms.window
        self._connect()
        self._bind_keys()

    def start(self) -> None:
        """Show the window, and lead to a picture or to the entry."""
        rooms = self.rooms
        first: QWidget = rooms.entry if self._options.view is None else rooms.direct
        self.window.show_page(first)
        self.window.show()
        # A screen without a window manager (a kiosk) gives nobody the keyboard by itself.
        self.window.activateWindow()
        self._server.listen(lambda state: rooms.background.post(partial(self._server_changed, state)))
        rooms.guarding.start()
        if self._options.view is None:
            rooms.entry.begin()
        else:
            rooms.direct.begin(self._options.view)

    def stop(self) -> None:
        """Forget what is shown and end every thread and process of the window."""
        self.rooms.forget()
        self.window.hide()
        self.rooms.stop()

    # Who is signed in

    def lock(self) -> None:
        """Forget the pictures and ask the same person for the password again."""
        if self._signed_in is None:
            return
        name = self._signed_in.account.name
        self._remember_place()
        kept = self._kept
        self._end_session()
        self._show_entry()
        self.rooms.entry.lock(name, kept)

    def sign_out(self) -> None:
        """Forget the pictures and whoever looked at them."""
        if self._signed_in is None:
            return
        self._left_at = None
        self._end_session()
        self._show_entry()
        self.rooms.entry.ask()

    def _opened(self, signed_in: SignedIn, remark: str) -> None:
        rooms = self.rooms
        self._begin_session(signed_in)
        if remark:
            self.window.toast.say(remark, "caution")
        left, self._left_at = self._left_at, None
        if left is not None and left[1] is not None:
            self._open_when_listed(left[1])
        elif left is not None and left[0] is not rooms.library and self._may_open(left[0]):
            self._show_beside(left[0])

    def _begin_session(self, signed_in: SignedIn) -> None:
        rooms, account = self.rooms, signed_in.account
        same_person = self._signed_in is not None and self._signed_in.account.id == account.id
        if not same_person and self._left_at is not None and rooms.entry.sign_in.name.text() != account.name:
            self._left_at = None
        self._signed_in = signed_in
        self._kept = rooms.entry.sign_in.keep.isChecked()
        rooms.guarding.shield.set_viewer(account.role)
        rooms.settings.begin(signed_in)
        rooms.viewer.begin(account, signed_in.viewing_session.mark_id)
        rooms.side_panel.begin(account, signed_in.viewing_session.mark_id)
        rooms.library.status.show_marked_for(account.name)
        rooms.library.sidebar.show_pages({"settings", *(["activity"] if account.reads_records else [])})
        self._following = rooms.background.run(rooms.live.follow(), None, self._complain, rooms.window)
        if account.sees_pictures:
            rooms.background.run(rooms.gallery.overlay(), self._mark_arrived, self._complain, rooms.window)
            rooms.library.begin()
            self._show_beside(rooms.library)
        else:
            self._show_beside(rooms.activity)

    def _mark_arrived(self, tile: bytes) -> None:
        if self._signed_in is not None:
            session = self._signed_in.viewing_session
            self.rooms.overlay.begin(self._signed_in.account.name, session.mark_id, tile)

    def _end_session(self, *, tell_server: bool = True) -> None:
        rooms = self.rooms
        self._signed_in = None
        if self._following is not None:
            self._following.cancel()
            self._following = None
        for dialog in self.window.findChildren(QDialog):
            dialog.close()
        self.window.command_palette.hide()
        self._list_level = ""
        rooms.forget()
        if tell_server:
            rooms.background.run(rooms.gallery.sign_out(), None, self._sign_out_failed, rooms.window)

    def _session_lost(self, failure: Failure) -> None:
        """Ask for the password when the server has ended the session, and come back to the same place."""
        if self._signed_in is None:
            return
        self._remember_place()
        self._end_session(tell_server=False)
        self._show_entry()
        self.rooms.entry.ask(failure)

    def _sign_out_failed(self, failure: Failure) -> None:
        if isinstance(failure, Outage):
            self.rooms.entry.sign_in.notice.tell(
                "You are signed out here, but the server could not be told.",
                "It ends the session by itself within the hour.",
                "caution",
            )

    def _remember_place(self) -> None:
        rooms = self.rooms
        picture = rooms.viewer.picture if self.window.page is rooms.viewer else None
        page = rooms.frame.page
        self._left_at = (page, None if picture is None else picture.id) if page is not None else None

    # Which page is shown

    def open_picture(self, picture_id: str) -> None:
        """Show one picture of the library's list."""
        rooms = self.rooms
        rooms.viewer.show_list(rooms.library.model.pictures)
        self.window.show_page(rooms.viewer, "Picture")
        rooms.viewer.open(picture_id)
        self._update_level()

    def _open_when_listed(self, picture_id: str) -> None:
        """Open a picture as soon as the list that holds it has arrived."""
        model = self.rooms.library.model

        def look() -> None:
            if self._signed_in is None or model.index_of(picture_id) is not None:
                model.changed.disconnect(look)
                if self._signed_in is not None:
                    self.open_picture(picture_id)

        model.changed.connect(look)

    def _directly(self, signed_in: SignedIn, picture: Picture) -> None:
        rooms = self.rooms
        self.exit_status = command_line.FINE
        self._begin_session(signed_in)
        rooms.viewer.show_list((picture,))
        self.window.show_page(rooms.viewer, picture.title or picture.name)
        rooms.viewer.open(picture.id)
        self._update_level()

    def _back(self) -> None:
        rooms = self.rooms
        picture = rooms.viewer.picture
        rooms.viewer.close_picture()
        self.window.show_page(rooms.frame)
        self._show_beside(rooms.library)
        if picture is not None:
            rooms.library.grid.select(picture.id)
        self._update_level()

    def _show_beside(self, page: QWidget) -> None:
        """Show one of the pages beside the sidebar."""
        rooms = self.rooms
        names: dict[QWidget, tuple[str | None, str]] = {
            rooms.library: (None, ""),
            rooms.activity: ("activity", "Activity"),
            rooms.settings: ("settings", "Settings"),
        }
        row, title = names[page]
        if self.window.page is rooms.viewer:
            rooms.viewer.close_picture()
        rooms.frame.show_page(page)
        rooms.library.sidebar.mark_page(row)
        self.window.show_page(rooms.frame, title)
        (rooms.library.grid if page is rooms.library else page).setFocus()
        self._update_level()

    def _choose_page(self, name: str) -> None:
        self._show_beside({"activity": self.rooms.activity, "settings": self.rooms.settings}[name])

    def _may_open(self, page: QWidget) -> bool:
        records = self._signed_in is not None and self._signed_in.account.reads_records
        return page is not self.rooms.activity or records

    def _show_entry(self) -> None:
        if self.window.isFullScreen():
            self.window.showNormal()
        self.window.show_page(self.rooms.entry)

    def _escape(self) -> None:
        if self.window.isFullScreen():
            self.window.toggle_full_screen()
        else:
            self.rooms.viewer.handlers()["go.back"]()

    # What protects the pictures

    def _list_changed(self) -> None:
        rooms = self.rooms
        self._list_level = strictest(picture.level for picture in rooms.library.model.pictures)
        self._update_level()
        if self.window.page is rooms.viewer and self._options.view is None:
            rooms.viewer.show_list(rooms.library.model.pictures)

    def _update_level(self) -> None:
        rooms = self.rooms
        levels = [level for level in (self._list_level,) if level]
        if rooms.viewer.picture is not None:
            levels.append(rooms.viewer.picture.level)
        if self._signed_in is not None and rooms.activity.isVisible():
            levels.append(self._signed_in.default_level)
        rooms.guarding.set_level(strictest(levels))

    def _set_shielded(self, reason: object) -> None:
        rooms = self.rooms
        for page in (rooms.viewer, rooms.library):
            page.set_shielded(reason)  # type: ignore[arg-type]  # Qt's signal carries an object
        rooms.activity.set_shielded(reason is not None)

    def _shown(self) -> tuple[QWidget | None, str | None]:
        rooms = self.rooms
        if self.window.page is rooms.viewer:
            picture = rooms.viewer.picture
            return rooms.viewer.canvas, None if picture is None else picture.id
        if rooms.frame.page is rooms.library:
            return rooms.library.grid.viewport(), None
        return rooms.activity.table.viewport(), None

    def _guard_changed(self, state: GuardState) -> None:
        blind = [f"{tripwire.name}: {tripwire.reason}" for tripwire in state.tripwires if not tripwire.live]
        live = sum(tripwire.live for tripwire in state.tripwires) if state.live else 0
        reason = "\n".join(blind) if state.live else state.reason
        self.rooms.library.status.show_guard(Guard(live, len(state.tripwires), reason))
        self.rooms.settings.show_guard(state)

    # How the server is

    def _server_changed(self, state: ServerState) -> None:
        rooms = self.rooms
        before, self._phase = self._phase, state.phase
        if state.address is not None and state.phase is Phase.READY:
            rooms.background.call_soon(rooms.transport.move, state.address)
        else:
            rooms.background.call_soon(rooms.transport.lose, state.why or f"it is {state.phase}")
        rooms.entry.show_server(state)
        if self._options.view is not None and state.phase is Phase.SAFE_MODE:
            sys.stderr.write(f"vaultsecure: the server cannot be kept running: {state.why}.\n")
            self.exit_status = command_line.OUTAGE
        if state.phase is Phase.SAFE_MODE:
            self._show_entry()
            self.window.entitle("Safe mode")
        elif state.phase is Phase.READY and self._signed_in is not None:
            rooms.library.server_came_back()
            if self.window.page is rooms.entry:
                self._show_beside(rooms.library)
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
        rooms.direct.opened.connect(self._directly)
        rooms.direct.failed.connect(self._direct_failed)
        rooms.direct.quit_requested.connect(self.window.close)
        rooms.live_events.happened.connect(rooms.library.on_event)
        rooms.live_events.connected.connect(self._live_again)
        rooms.library.open_requested.connect(self.open_picture)
        rooms.library.page_requested.connect(self._choose_page)
        rooms.library.sidebar.view_chosen.connect(lambda *_: self._show_beside(rooms.library))
        rooms.library.model.changed.connect(self._list_changed)
        rooms.library.grid.current_changed.connect(rooms.side_panel.show_picture)
        rooms.side_panel.closed.connect(lambda: rooms.library.tools.information.setChecked(False))
        rooms.side_panel.picture_updated.connect(rooms.library.model.take)
        rooms.viewer.back_requested.connect(self._back)
        rooms.viewer.full_screen_requested.connect(self.window.toggle_full_screen)
        rooms.viewer.picture_opened.connect(lambda _id: self._update_level())
        rooms.viewer.picture_updated.connect(rooms.library.model.take)
        self.window.full_screen_changed.connect(rooms.viewer.set_full_screen)
        for page in (rooms.library, rooms.viewer):
            page.explain_requested.connect(self._explain)
        rooms.settings.lock_requested.connect(self.lock)
        rooms.settings.sign_out_requested.connect(self.sign_out)
        rooms.guarding.shield.raised.connect(self._set_shielded)
        rooms.guarding.shield.lowered.connect(lambda: self._set_shielded(None))
        rooms.guarding.state_changed.connect(self._guard_changed)

    def _explain(self) -> None:
        self.window.open_dialog(Explanation(self.rooms.look, self.window))

    def _live_again(self) -> None:
        """Fetch what may have been missed while the connection was away."""
        if self._signed_in is not None and self._signed_in.account.sees_pictures:
            self.rooms.library.server_came_back()

    def _bind_keys(self) -> None:
        rooms, handle = self.rooms, self.window.actions_table.handle
        for action_id, call in rooms.library.handlers().items():
            everywhere = action_id.startswith("go.") or action_id == "panel.sidebar"
            handle(action_id, rooms.frame if everywhere else rooms.library, call)
        for action_id, call in rooms.viewer.handlers().items():
            handle(action_id, rooms.viewer, self._escape if action_id == "go.back" else call)
        for page in (rooms.frame, rooms.viewer):
            handle("lock", page, self.lock)
            handle("sign_out", page, self.sign_out)
            handle("go.settings", page, partial(self._choose_page, "settings"))
            handle("gallery.rescan", page, rooms.settings.rescan)
        handle("go.activity", rooms.frame, self._go_to_activity)

    def _go_to_activity(self) -> None:
        if self._may_open(self.rooms.activity):
            self._choose_page("activity")
        else:
            self.window.toast.say("Your role does not open the activity page.", "caution", "Ask an admin.")
