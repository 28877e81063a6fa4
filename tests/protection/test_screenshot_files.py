"""New files in folders for screenshots: real ones, written by real programs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.guard.findings import IMAGE_FILE
from desktop.guard.tripwires.screenshot_files import ScreenshotFiles
from tests.protection.stage import wait_until
from tests.protection.watchman import Watchman, on_watch

WRITER = "import sys; file = open(sys.argv[1], 'xb'); print('open', flush=True); sys.stdin.read()"


@pytest.fixture
def man(tmp_path: Path) -> Iterator[Watchman]:
    """Somebody who watches a folder for pictures, in which there is none for screenshots yet."""
    wire = ScreenshotFiles(lambda: [tmp_path, tmp_path / "nowhere"])
    with on_watch(listeners=[wire]) as man:
        man.until_live(wire.name)
        yield man


def told(man: Watchman, number: int) -> list[str | None]:
    """Wait for this many moments; return the files that they name."""
    wait_until(lambda: len(man.moments) >= number, f"{number} files are told of")
    assert {moment.kind for moment in man.moments} == {IMAGE_FILE}
    return [moment.culprit.script for moment in man.moments]


def test_who_is_writing_a_screenshot_is_named(man: Watchman, tmp_path: Path) -> None:
    path = tmp_path / "Screenshot from 2026-11-26 03-30-00.png"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=pipe, stdout=pipe, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        assert told(man, 1) == [path.name]
        assert man.moments[0].culprit.pid == writer.pid
        writer.communicate("")


def test_a_file_is_told_of_once_by_its_last_name(man: Watchman, tmp_path: Path) -> None:
    hidden = tmp_path / ".goutputstream-1"
    hidden.write_bytes(b"pixels")
    hidden.rename(tmp_path / "Bildschirmfoto.png")
    (tmp_path / "holiday.jpg").write_bytes(b"pixels")
    (tmp_path / "screenshots.txt").write_bytes(b"words")
    (tmp_path / "Bildschirmfoto.png").write_bytes(b"more pixels")
    (tmp_path / "scrot.png").write_bytes(b"pixels")
    assert told(man, 2) == ["Bildschirmfoto.png", "scrot.png"]


def test_a_folder_for_screenshots_that_comes_is_followed(man: Watchman, tmp_path: Path) -> None:
    folder = tmp_path / "Screenshots"
    folder.mkdir()
    (folder / "one.png").write_bytes(b"pixels")
    assert told(man, 1) == ["one.png"]
    (folder / "two.webm").write_bytes(b"pixels")
    assert told(man, 2) == ["one.png", "two.webm"]


def test_what_this_program_writes_is_no_event(man: Watchman, tmp_path: Path) -> None:
    with (tmp_path / "Screenshot of ours.png").open("xb") as ours:
        ours.write(b"pixels")
        ours.flush()
        (tmp_path / "Screenshot of theirs.png").write_bytes(b"")
        assert "Screenshot of theirs.png" in told(man, 1)
