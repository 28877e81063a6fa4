"""A screen of its own for every test, with a picture on it and a sentinel that guards it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protection.stage import Guard, Screen, Window


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    """An Xvfb with a cookie."""
    started = Screen(tmp_path)
    yield started
    started.close()


@pytest.fixture
def window(screen: Screen) -> Iterator[Window]:
    """A window full of protected pixels."""
    opened = Window(screen)
    yield opened
    opened.close()


@pytest.fixture
def guard(screen: Screen, window: Window) -> Iterator[Guard]:
    """A live sentinel that guards the window."""
    started = Guard(screen.environment)
    try:
        started.until_live()
        assert started.protect(window.region())
        yield started
    finally:
        started.stop()
