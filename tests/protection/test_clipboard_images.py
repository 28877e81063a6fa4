"""Images that real programs put into the clipboard of a real display."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from desktop.guard.findings import CLIPBOARD_IMAGE
from desktop.guard.tripwires.clipboard_images import LIKELY, UNLIKELY, ClipboardImages, judge
from tests.protection.stage import Screen, running, wait_until
from tests.protection.watchman import Watchman, on_watch

pytestmark = pytest.mark.programs("xclip")


@pytest.fixture
def man(screen: Screen) -> Iterator[Watchman]:
    """Somebody who watches the clipboard of the screen."""
    wire = ClipboardImages(screen.environment)
    with on_watch(listeners=[wire]) as man:
        man.until_live(wire.name)
        yield man


def copied(screen: Screen, path: Path, kind: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Keep a file in the clipboard for as long as the block lasts."""
    return running(
        *("xclip", "-quiet", "-selection", "clipboard", "-target", kind, "-in", str(path)), screen=screen
    )


def pasted(screen: Screen) -> bytes:
    """Return the text in the clipboard."""
    return screen.run("xclip", "-selection", "clipboard", "-out").stdout


def test_an_image_is_told_of_and_text_is_not(screen: Screen, man: Watchman, tmp_path: Path) -> None:
    picture, words = tmp_path / "picture.png", tmp_path / "words.txt"
    Image.new("RGB", (40, 30)).save(picture)
    words.write_text("The quick brown fox")
    offered: list[int] = []
    for kind in ("image/png", "image/jpeg"):
        with copied(screen, words, "UTF8_STRING"):
            wait_until(lambda: pasted(screen) == words.read_bytes(), "the text is offered")
        with copied(screen, picture, kind) as writer:
            offered.append(writer.pid)
            wait_until(lambda: len(man.moments) == len(offered), "the image is told of")
    assert [moment.culprit.pid for moment in man.moments] == offered
    assert {(one.kind, one.culprit.name, one.confidence) for one in man.moments} == {
        (CLIPBOARD_IMAGE, "xclip", LIKELY)
    }


def test_a_display_that_ends_is_no_longer_live(screen: Screen, man: Watchman) -> None:
    screen.cut()
    wait_until(lambda: not man.states[0].live, "its end is noticed")
    assert "closed the connection" in man.states[0].reason


def test_without_a_display_it_says_so() -> None:
    wire = ClipboardImages({})
    with on_watch(listeners=[wire]) as man:
        wait_until(lambda: bool(man.states), "it is said")
        assert not man.states[0].live


@pytest.mark.parametrize(
    ("formats", "likely"),
    [
        (["TARGETS", "TIMESTAMP", "image/png"], LIKELY),
        (["application/x-qt-image", "image/bmp", "image/png"], LIKELY),
        (["PIXMAP"], LIKELY),
        (["text/html", "image/png"], UNLIKELY),
        (["text/html;charset=utf-8", "image/png", "UTF8_STRING"], None),
        (["UTF8_STRING", "STRING", "TARGETS"], None),
        (["text/uri-list", "x-special/gnome-copied-files"], None),
        ([], None),
    ],
)
def test_formats_tell_pictures_from_text(formats: list[str], likely: float | None) -> None:
    assert judge(formats) == likely


@given(st.lists(st.text(max_size=12)))
def test_any_formats_have_an_answer(formats: list[str]) -> None:
    assert judge(formats) in (None, LIKELY, UNLIKELY)
