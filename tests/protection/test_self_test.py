"""The test that the meter offers: a real program reads our window, and what it got is told for what it is."""

from __future__ import annotations

import pytest

from desktop.guard.self_test import take_shot
from desktop.shell.meter import verdict
from tests.protection.stage import WINDOW, Guard, Screen, Window, wait_until


@pytest.mark.parametrize("level", ["guarded", "sealed"])
def test_what_a_program_gets_is_told_for_what_it_is(
    level: str, screen: Screen, window: Window, guard: Guard
) -> None:
    guard.settle()
    assert guard.protect(window.region(level))
    pids: list[int] = []
    shot = guard._wait(take_shot(screen.environment, WINDOW, pids.append))
    assert (shot.problem, shot.width, shot.height) == ("", WINDOW.width, WINDOW.height)
    assert pids == [shot.pid]
    wait_until(lambda: any(event.culprit.pid == shot.pid for event in guard.events), "it is noticed")
    first = next(event for event in guard.events if event.culprit.pid == shot.pid)
    words, tone = verdict(level, shot, first)
    if level == "guarded":
        # A single read has its pixels, and that is said.
        assert not shot.black
        assert first.kind == "get_image"
        assert words.startswith("The file shows the picture, with your mark in it. Noticed ")
        assert (tone, "after it began to read" in words) == ("good", True)
    elif shot.black:
        assert (words.startswith("The file is black. Noticed "), tone) == (True, "good")
    else:
        # A machine too busy for it is told so.
        assert tone == "alarm"


def test_a_test_that_nobody_notices_is_told_as_that(screen: Screen, window: Window) -> None:
    guard = Guard(screen.environment)
    try:
        shot = guard._wait(take_shot(screen.environment, WINDOW, lambda _: None))
        words, tone = verdict("guarded", shot, None)
        assert (words, tone) == (
            "The file shows the picture, with your mark in it. Nothing noticed it.",
            "alarm",
        )
    finally:
        guard.stop()


def test_a_display_that_refuses_is_told(screen: Screen, guard: Guard) -> None:
    elsewhere = {**screen.environment, "DISPLAY": ":9999"}
    shot = guard._wait(take_shot(elsewhere, WINDOW, lambda _: None))
    assert shot.problem
    assert verdict("sealed", shot, None) == (shot.problem, "caution")
