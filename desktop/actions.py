"""Every key of the program in one table, from which shortcuts, key sheet and command palette are made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do: its id, its words, and its keys in Qt's portable notation."""

    id: str
    title: str
    group: str
    keys: tuple[str, ...] = ()


ACTIONS: Final = (
    Action("picture.next", "Next picture", "Pictures", ("Right", "PgDown")),
    Action("picture.previous", "Previous picture", "Pictures", ("Left", "PgUp")),
    Action("picture.first", "First picture", "Pictures", ("Home",)),
    Action("picture.last", "Last picture", "Pictures", ("End",)),
    Action("picture.open", "Open the picture", "Pictures", ("Return", "Enter")),
    Action("go.back", "Go back", "Pictures", ("Esc",)),
    Action("slideshow.toggle", "Play or pause", "Pictures", ("Space",)),
    Action("slideshow.start", "Start a slideshow", "Pictures", ("F5",)),
    Action("compare", "Compare two pictures", "Pictures", ("C",)),
    Action("zoom.in", "Zoom in", "Zoom", ("+", "Ctrl++", "=", "Ctrl+=")),
    Action("zoom.out", "Zoom out", "Zoom", ("-", "Ctrl+-")),
    Action("zoom.fit", "Fit the window", "Zoom", ("Ctrl+0",)),
    Action("zoom.actual", "Actual size, 100 %", "Zoom", ("Ctrl+1",)),
    Action("zoom.toggle", "Switch between fit and 100 %", "Zoom", ("Z",)),
    Action("rate.0", "No stars", "Choosing", ("0",)),
    Action("rate.1", "One star", "Choosing", ("1",)),
    Action("rate.2", "Two stars", "Choosing", ("2",)),
    Action("rate.3", "Three stars", "Choosing", ("3",)),
    Action("rate.4", "Four stars", "Choosing", ("4",)),
    Action("rate.5", "Five stars", "Choosing", ("5",)),
    Action("flag.pick", "Pick", "Choosing", ("P",)),
    Action("flag.reject", "Reject", "Choosing", ("X",)),
    Action("flag.clear", "Clear pick or reject", "Choosing", ("U",)),
    Action("favourite.toggle", "Favourite", "Choosing", ("L",)),
    Action("tag.edit", "Edit tags", "Choosing", ("T",)),
    Action("title.edit", "Rename", "Choosing", ("F2",)),
    Action("picture.copy", "Copy the picture", "Taking out", ("Ctrl+C",)),
    Action("picture.print", "Print the picture…", "Taking out", ("Ctrl+P",)),
    Action("picture.export", "Export the picture…", "Taking out", ("Ctrl+S",)),
    Action("panel.information", "Show or hide information", "Window", ("I",)),
    Action("panel.histogram", "Show or hide the histogram", "Window", ("H",)),
    Action("panel.sidebar", "Show or hide the sidebar", "Window", ("F9",)),
    Action("view.full_screen", "Full screen", "Window", ("F11", "F")),
    Action("search", "Search", "Window", ("Ctrl+F",)),
    Action("palette", "Command palette", "Window", ("Ctrl+K",)),
    Action("key_sheet", "Show all keys", "Window", ("F1", "?")),
    Action("go.all", "Go to all photos", "Go"),
    Action("go.recent", "Go to recently added", "Go"),
    Action("go.favourites", "Go to favourites", "Go"),
    Action("go.picks", "Go to picks", "Go"),
    Action("go.activity", "Go to activity", "Go"),
    Action("go.people", "Go to people", "Go"),
    Action("go.trace", "Go to trace a leak", "Go"),
    Action("go.settings", "Go to settings", "Go", ("Ctrl+,",)),
    Action("pictures.add", "Add pictures…", "Gallery"),
    Action("album.new", "New album", "Albums"),
    Action("album.add", "Add the picture to an album", "Albums"),
    Action("album.remove", "Take the picture out of the album", "Albums"),
    Action("album.edit", "Rename or protect the album", "Albums"),
    Action("album.delete", "Delete the album", "Albums"),
    Action("people.add", "Add a person", "People"),
    Action("gallery.rescan", "Look for new pictures now", "Gallery"),
    Action("lock", "Lock", "Session", ("Ctrl+Shift+L",)),
    Action("sign_out", "Sign out", "Session"),
    Action("quit", "Quit", "Session", ("Ctrl+Q",)),
)


@dataclass(frozen=True, slots=True)
class _Handler:
    page: QWidget
    call: Callable[[], object]
    why_not: Callable[[], str]


class Actions(QObject):
    """Finds who handles an action now: the handler whose page is visible, the latest one first.

    Keys with a modifier and function keys are shortcuts of the window. Plain keys count only when the widget
    that has the focus did not want them, so that they can be typed into fields.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._handlers: dict[str, list[_Handler]] = {action.id: [] for action in ACTIONS}
        self._plain: dict[QKeySequence, str] = {}
        self._withheld: frozenset[str] = frozenset()
        for action in ACTIONS:
            for key in action.keys:
                self._bind(action.id, key)

    def handle(
        self,
        action_id: str,
        page: QWidget,
        call: Callable[[], object],
        why_not: Callable[[], str] = lambda: "",
    ) -> None:
        """Call when the action is asked for while `page` is visible; an unknown id raises KeyError.

        What `why_not` says is shown beside the action while it cannot be done; the call says it in full.
        """
        self._handlers[action_id].append(_Handler(page, call, why_not))

    def why_not(self, action_id: str) -> str:
        """Say why the action cannot be done now; empty where it can."""
        handler = self._find(action_id)
        return "" if handler is None else handler.why_not()

    def withhold(self, action_ids: frozenset[str]) -> None:
        """Let these be neither done nor listed from now on, and all others again."""
        self._withheld = action_ids

    def trigger(self, action_id: str) -> bool:
        """Do the action; False when nobody handles it now."""
        handler = self._find(action_id)
        if handler is None:
            return False
        handler.call()
        return True

    def press(self, event: QKeyEvent) -> bool:
        """Do what a plain key stands for; False when it stands for nothing here."""
        modifiers = event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        )
        if modifiers:
            return False
        action_id = self._plain.get(QKeySequence(event.key()))
        return action_id is not None and self.trigger(action_id)

    def available(self) -> list[Action]:
        """List what can be done now, in the table's order."""
        return [action for action in ACTIONS if self._find(action.id) is not None]

    def handled(self) -> list[Action]:
        """List everything that some page handles, in the table's order."""
        return [action for action in ACTIONS if self._handlers[action.id] and action.id not in self._withheld]

    def _bind(self, action_id: str, key: str) -> None:
        sequence = QKeySequence.fromString(key)
        is_function_key = key[0] == "F" and key[1:].isdigit()
        if key.startswith("Ctrl+") or is_function_key:
            shortcut = QShortcut(sequence, self._window)
            shortcut.activated.connect(lambda: self.trigger(action_id))
        else:
            self._plain[sequence] = action_id

    def _find(self, action_id: str) -> _Handler | None:
        if action_id in self._withheld:
            return None
        for handler in reversed(self._handlers[action_id]):
            if handler.page.isVisible():
                return handler
        return None


def keys_text(action: Action) -> str:
    """Write an action's first two keys as people read them, for example `F11 or F`."""
    native = QKeySequence.SequenceFormat.NativeText
    return " or ".join(QKeySequence.fromString(key).toString(native) for key in action.keys[:2])
