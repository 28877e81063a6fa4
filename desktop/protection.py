"""How strictly what is shown is protected, and what hides it: between the pages and the capture guard."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.canvas.shield_page import ShieldReason
from desktop.client.models import SignedIn
from desktop.client.protection import Standing
from desktop.gallery.status_bar import Guard
from desktop.guard.events import GuardState
from desktop.rooms import BACKDROP as TEST_PICTURE
from desktop.rooms import Rooms
from desktop.shell.guarding import strictest
from desktop.shell.meter import Meter


class Protection(QObject):
    """Tells the guard what is shown, and the pages when to hide it."""

    def __init__(self, rooms: Rooms) -> None:
        super().__init__()
        self._rooms = rooms
        self._signed_in: SignedIn | None = None
        self._list_level = ""
        rooms.library.model.changed.connect(self._list_changed)
        rooms.guarding.shield.raised.connect(self._hide)
        rooms.guarding.shield.lowered.connect(lambda: self._hide(None))
        rooms.guarding.state_changed.connect(self._guard_changed)
        rooms.claims.changed.connect(self._say_what_is_milder)
        rooms.library.status.guard_requested.connect(self._open_meter)
        for panel in (rooms.viewer.information, rooms.side_panel):
            panel.guard_requested.connect(self._open_meter)

    def begin(self, signed_in: SignedIn) -> None:
        """Take the person who signed in."""
        self._signed_in = signed_in
        self._rooms.guarding.shield.set_viewer(signed_in.account.role)
        self.update()

    def end(self) -> None:
        """Nothing is shown any more."""
        self._signed_in = None
        self._list_level = ""
        self._rooms.guarding.set_level("")
        self._say_what_is_milder(None)

    def update(self) -> None:
        """Look again at what is shown; called before anything of another level is painted."""
        rooms = self._rooms
        levels = [self._list_level] if self._list_level else []
        if rooms.viewer.picture is not None:
            levels.append(rooms.viewer.picture.level)
        if self._signed_in is not None and (rooms.activity.isVisible() or rooms.trace.isVisible()):
            levels.append(self._signed_in.default_level)
        rooms.guarding.set_level(strictest(levels))

    def _list_changed(self) -> None:
        self._list_level = strictest(picture.level for picture in self._rooms.library.model.pictures)
        self.update()

    def _hide(self, reason: ShieldReason | None) -> None:
        rooms = self._rooms
        rooms.viewer.set_shielded(reason)
        rooms.library.set_shielded(reason)
        rooms.side_panel.set_shielded(reason is not None)
        rooms.activity.set_shielded(reason is not None)
        rooms.trace.set_shielded(reason is not None)

    def _guard_changed(self, state: GuardState) -> None:
        blind = [f"{tripwire.name}: {tripwire.reason}" for tripwire in state.tripwires if not tripwire.live]
        reason = "\n".join(blind) if state.live else state.reason
        self._rooms.library.status.show_guard(Guard(state.live_tripwires, len(state.tripwires), reason))
        self._rooms.settings.show_guard(state)
        live = f"{state.live_tripwires} of {len(state.tripwires)} tripwires are live here."
        for panel in (self._rooms.viewer.information, self._rooms.side_panel):
            panel.show_guard(live if state.live else state.reason)

    def _say_what_is_milder(self, standing: Standing | None) -> None:
        """Say in the status bar why the guard hides nothing, or not everything."""
        words = ""
        if standing is not None and standing.assistive is not None:
            until = standing.assistive.expires_at
            ends = "" if until is None else f" until {until.astimezone():%d %b %Y, %H:%M}"
            words = f"Assistive exemption{ends}: nothing is hidden, every capture is recorded"
        elif standing is not None and standing.trial:
            words = "Guard on trial: captures of guarded pictures hide nothing"
        self._rooms.library.status.show_notice(words)

    def _open_meter(self) -> None:
        rooms = self._rooms
        rooms.window.open_dialog(
            Meter(
                rooms.look, rooms.background, rooms.guarding, rooms.overlay, str(TEST_PICTURE), rooms.window
            )
        )


def shown_in(rooms: Rooms) -> tuple[QWidget | None, str | None]:
    """Return the widget that shows pictures now, and the id of the one opened picture."""
    if rooms.window.page is rooms.viewer:
        picture = rooms.viewer.picture
        return rooms.viewer.canvas, None if picture is None else picture.id
    if rooms.frame.page is rooms.library:
        return rooms.library.grid.viewport(), None
    if rooms.frame.page is rooms.trace:
        return rooms.trace.panel.view, None
    return rooms.activity.table.viewport(), None
