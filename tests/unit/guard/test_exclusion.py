"""How windows are kept out of captures, against recorded stand-ins of the systems' own calls."""

from __future__ import annotations

import pytest

from desktop.guard.exclusion.macos import IGNORED, SHARING_NONE, WindowSharing
from desktop.guard.exclusion.windows import (
    WDA_EXCLUDEFROMCAPTURE,
    WDA_MONITOR,
    WDA_NONE,
    DisplayAffinity,
)

INVALID_PARAMETER, ACCESS_DENIED, INVALID_HANDLE = 87, 5, 1400
WINDOW = 0x30A1E


class RecordedUser32:
    """user32.dll as documented: keeps one affinity a window, refuses what a test says, records every call."""

    def __init__(
        self, refused: dict[int, int] | None = None, *, forgets: bool = False, mute: int = 0
    ) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.affinities = {WINDOW: WDA_NONE}
        self._refused = refused or {}
        self._forgets = forgets
        self._mute = mute

    def set_window_display_affinity(self, window: int, affinity: int) -> int:
        self.calls.append(("SetWindowDisplayAffinity", window, affinity))
        if window not in self.affinities:
            return INVALID_HANDLE
        if affinity in self._refused:
            return self._refused[affinity]
        if not self._forgets:
            self.affinities[window] = affinity
        return 0

    def get_window_display_affinity(self, window: int) -> tuple[int, int]:
        self.calls.append(("GetWindowDisplayAffinity", window))
        return (self._mute, 0) if self._mute else (0, self.affinities[window])


def test_windows_leaves_the_window_out_and_is_asked_whether_it_does() -> None:
    user32 = RecordedUser32()
    assert DisplayAffinity(user32).exclude(WINDOW) == (True, "")
    assert user32.calls == [
        ("SetWindowDisplayAffinity", WINDOW, WDA_EXCLUDEFROMCAPTURE),
        ("GetWindowDisplayAffinity", WINDOW),
    ]
    DisplayAffinity(user32).include(WINDOW)
    assert user32.affinities == {WINDOW: WDA_NONE}


def test_an_older_windows_makes_it_black() -> None:
    user32 = RecordedUser32({WDA_EXCLUDEFROMCAPTURE: INVALID_PARAMETER})
    assert DisplayAffinity(user32).exclude(WINDOW).held
    assert [call[2] for call in user32.calls if len(call) == 3] == [WDA_EXCLUDEFROMCAPTURE, WDA_MONITOR]
    assert user32.affinities == {WINDOW: WDA_MONITOR}


@pytest.mark.parametrize(
    ("user32", "word"),
    [
        (RecordedUser32({WDA_EXCLUDEFROMCAPTURE: ACCESS_DENIED, WDA_MONITOR: 8}), "(error 5)"),
        (RecordedUser32(forgets=True), "although it was asked"),
        (RecordedUser32(mute=INVALID_HANDLE), "(error 1400)"),
    ],
)
def test_what_is_not_read_back_does_not_hold(user32: RecordedUser32, word: str) -> None:
    held, reason = DisplayAffinity(user32).exclude(WINDOW)
    assert not held
    assert word in reason


def test_a_window_that_is_gone_is_no_bug() -> None:
    user32 = RecordedUser32()
    assert not DisplayAffinity(user32).exclude(7).held
    DisplayAffinity(user32).include(7)


VIEW, NATIVE = 0x600001, 0x700002


class RecordedObjects:
    """Two objects of macOS: a view and, once it is on the screen, its window."""

    def __init__(self, *, there: bool = True, stubborn: bool = False) -> None:
        self.messages: list[tuple[object, ...]] = []
        self.sharing = 1
        self._there = there
        self._stubborn = stubborn

    def send(self, receiver: int, selector: str, *arguments: int) -> int:
        self.messages.append((receiver, selector, *arguments))
        match receiver, selector:
            case 0x600001, "window":
                return NATIVE if self._there else 0
            case 0x700002, "setSharingType:":
                if not self._stubborn:
                    (self.sharing,) = arguments
                return 0
            case 0x700002, "sharingType":
                return self.sharing
        raise AssertionError(f"{receiver:#x} does not understand {selector}")


def test_macos_does_not_share_the_window_and_is_asked_whether_it_does() -> None:
    objects = RecordedObjects()
    sharing = WindowSharing(objects, 14)
    assert sharing.exclude(VIEW) == (True, "")
    assert objects.messages == [
        (VIEW, "window"),
        (NATIVE, "setSharingType:", SHARING_NONE),
        (NATIVE, "sharingType"),
    ]
    sharing.include(VIEW)
    assert objects.sharing == 1


@pytest.mark.parametrize(
    ("objects", "version", "word"),
    [
        (RecordedObjects(), 15, IGNORED),
        (RecordedObjects(stubborn=True), 14, "although it was asked"),
        (RecordedObjects(there=False), 14, "not on the screen yet"),
    ],
)
def test_macos_says_what_it_does_not_hold(objects: RecordedObjects, version: int, word: str) -> None:
    held, reason = WindowSharing(objects, version).exclude(VIEW)
    assert not held
    assert word in reason
    if version == 15:
        assert objects.sharing == SHARING_NONE, "it is asked for all the same"
