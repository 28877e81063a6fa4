"""Who meddles with the black windows is named and answered, and the picture stays covered."""

from __future__ import annotations

from tests.protection.stage import Guard, Screen, Window, wait_until
from tests.protection.test_tools import python

WAYS = (
    *("unmap", "destroy", "shrink", "reparent", "background", "shape", "region"),
    *("unmap-all", "destroy-all", "redirect"),
)


def test_the_black_window_is_made_anew(screen: Screen, window: Window, guard: Guard) -> None:
    for way in WAYS:
        guard.events.clear()
        done = screen.run(*python("disarm.py", str(window.id), way))
        assert done.returncode == 0, done.stderr.decode()
        wait_until(lambda: bool(guard.events), f"{way} is reported")
        assert {event.kind for event in guard.events} == {"guard_attacked"}, way
        assert guard.events[0].culprit.script == "disarm.py"
        assert guard.events[0].level == "guarded"
        wait_until(lambda: screen.shown() == 0, f"the picture is covered after {way}")
    guard.settle()
    assert screen.shown() == 0
    wait_until(guard.clear, "the shield may go")
    wait_until(lambda: screen.shown() == window.area, "the picture is back")
