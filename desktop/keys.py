"""Joins the keys of the actions table with the rooms that answer them."""

from collections.abc import Callable, Mapping
from functools import partial

from desktop.pages import Pages
from desktop.rooms import Rooms

_PLACES = ("settings", "activity", "people", "trace")


def bind_keys(rooms: Rooms, pages: Pages, leaving: Mapping[str, Callable[[], None]] | None) -> None:
    """Bind every key; `leaving` are the ways out of a session, None for a kiosk, which has one page only."""
    handle = rooms.window.actions_table.handle
    for action_id, call in rooms.library.handlers().items():
        everywhere = action_id.startswith("go.") or action_id == "panel.sidebar"
        handle(action_id, rooms.frame if everywhere else rooms.library, call)
    for action_id, call in rooms.viewer.handlers().items():
        handle(action_id, rooms.viewer, pages.escape if action_id == "go.back" else call)
    for action_id, (outlet, call) in rooms.ways_out.handlers().items():
        for shown in (rooms.library, rooms.viewer):
            handle(action_id, shown, call, partial(rooms.ways_out.why_not, outlet))
    for action_id, call in rooms.people.handlers().items():
        handle(action_id, rooms.people, call)
    if leaving is None:
        return
    for page in (rooms.frame, rooms.viewer):
        for action_id, call in leaving.items():
            handle(action_id, page, call)
        for place in _PLACES:
            handle(f"go.{place}", page, partial(pages.choose, place))
        handle("gallery.rescan", page, rooms.settings.rescan)
