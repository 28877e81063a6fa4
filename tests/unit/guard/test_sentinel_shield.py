"""The sentinel's shield: when it trusts the desktop's own page, and when it covers all the same."""

from __future__ import annotations

import itertools

import pytest

from desktop.guard.events import Rect, Region
from desktop.guard.sentinel.covers import Covers
from desktop.guard.sentinel.shield import PAINT_GRACE_S, RECONSIDERED_S, TRUSTED_S, Shield


class Server:
    """An X server that maps whatever it is told to, when asked for it."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self.sent: list[bytes] = []

    def new_id(self) -> int:
        """Return a number for a window."""
        return next(self._ids)

    def send(self, request: bytes) -> None:
        """Take a request."""
        self.sent.append(request)

    def flush(self) -> None:
        """Do nothing: all is taken at once."""


class Stage:
    """A shield over one window, and what the desktop hears."""

    def __init__(self) -> None:
        self.covers = Covers(Server())  # type: ignore[arg-type]  # what Covers uses of a connection
        self.covers.place([Region(7, Rect(0, 0, 10, 10), "sealed")])
        self.heard: list[dict[str, object]] = []
        self.shield = Shield(self.covers, self.heard.append)

    def hidden(self) -> bool:
        """Tell whether nothing can be read."""
        return self.shield.hidden

    def up(self) -> bool:
        """Tell whether the black windows have been told to appear."""
        return self.covers.up

    def map(self) -> None:
        """Let the server map what it was told to."""
        for window in self.covers.windows:
            self.covers.mapped(window)


@pytest.fixture
def stage() -> Stage:
    """A shield with nothing to hide yet."""
    return Stage()


def test_it_hides_when_the_server_has_mapped(stage: Stage) -> None:
    stage.shield.conceal("why", 1.0)
    assert not stage.hidden()
    stage.map()
    assert stage.hidden()
    assert stage.heard == [{"event": "shield", "up": True, "reason": "why"}]


def test_it_leaves_the_picture_to_the_desktop(stage: Stage) -> None:
    stage.shield.conceal("why", 1.0)
    stage.map()
    stage.shield.take_over(1.1)
    stage.shield.tick(1.1 + PAINT_GRACE_S)
    assert stage.hidden()
    assert not stage.up()
    stage.shield.conceal("again", 1.5)
    assert not stage.up(), "so soon after an event the desktop's page is surely there"


def test_an_event_after_a_pause_covers_the_desktops_page_too(stage: Stage) -> None:
    """It may be about to show the picture, and we hear of that a moment later."""
    stage.shield.conceal("why", 1.0)
    stage.map()
    stage.shield.take_over(1.1)
    stage.shield.tick(1.1 + PAINT_GRACE_S)
    late = 1.1 + TRUSTED_S
    stage.shield.conceal("again", late)
    assert stage.up()
    assert not stage.hidden()
    stage.map()
    assert stage.hidden()
    stage.shield.tick(late + RECONSIDERED_S)
    assert not stage.up(), "the desktop has said nothing: its page is there"
    assert stage.hidden()


def test_what_is_refused_stays_hidden(stage: Stage) -> None:
    stage.shield.take_over(1.0)
    stage.shield.release(refused=True)
    stage.map()
    assert stage.hidden()
    stage.shield.release(refused=False)
    assert not stage.hidden()
    assert [told["up"] for told in stage.heard] == [True, False]


def test_a_glimpse_ends_by_itself_and_nobody_is_told(stage: Stage) -> None:
    stage.shield.glimpse(1.1)
    stage.map()
    assert stage.hidden()
    assert stage.shield.patience(1.0) == pytest.approx(0.1)
    stage.shield.tick(1.1)
    assert not stage.hidden()
    assert stage.heard == []


def test_what_happens_during_a_glimpse_outlasts_it(stage: Stage) -> None:
    stage.shield.glimpse(1.1)
    stage.shield.conceal("why", 1.05)
    stage.map()
    stage.shield.tick(1.2)
    assert stage.hidden()
    assert stage.heard == [{"event": "shield", "up": True, "reason": "why"}]


def test_a_glimpse_is_not_ended_by_what_the_desktop_asks_for(stage: Stage) -> None:
    stage.shield.glimpse(1.1)
    stage.map()
    stage.shield.release(refused=False)
    assert stage.hidden()
    stage.shield.tick(1.1)
    assert not stage.hidden()
