"""Which programs are known to record or to share a screen, and virtual cameras in use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.findings import MEETING, RECORDING, REMOTE_SERVER, REMOTE_SESSION, Absent
from desktop.guard.process_table import command_names, holders
from desktop.guard.tripwires.programs import COMM_LENGTH, PROGRAMS, kind_of
from desktop.guard.tripwires.virtual_cameras import UNUSED, VirtualCameras


@pytest.mark.parametrize(
    ("name", "words", "kind"),
    [
        ("obs", [], RECORDING),
        ("simplescreenrec", [], RECORDING),
        ("gnome-remote-de", [], REMOTE_SERVER),
        ("x11vnc", [], REMOTE_SESSION),
        ("zoom", [], MEETING),
        ("ffmpeg", ["-i", "in.mp4", "out.webm"], None),
        ("ffmpeg", ["-f", "x11grab", "-i", ":0"], RECORDING),
        ("ffmpeg", ["-f", "kmsgrab", "-i", "-"], RECORDING),
        ("gst-launch-1.0", ["ximagesrc", "!", "fakesink"], RECORDING),
        ("vlc", ["film.mkv"], None),
        ("vlc", ["screen://"], RECORDING),
        ("firefox", ["x11grab"], None),
    ],
)
def test_programs_are_known_by_name_and_words(name: str, words: list[str], kind: str | None) -> None:
    assert kind_of(name, lambda: words) == kind


def test_no_two_programs_are_taken_for_each_other() -> None:
    names = [name for names in PROGRAMS.values() for name in names]
    assert len(names) == len({name[:COMM_LENGTH] for name in names})


@given(st.text(max_size=20), st.lists(st.text(max_size=8), max_size=3))
def test_any_name_has_an_answer(name: str, words: list[str]) -> None:
    assert kind_of(name, lambda: words) in (None, *PROGRAMS)


def test_this_process_is_among_all() -> None:
    assert dict(command_names())[os.getpid()] == Path("/proc/self/comm").read_text().strip()


@pytest.fixture
def cameras(tmp_path: Path) -> VirtualCameras:
    """Two virtual cameras whose nodes are ordinary files."""
    for number, label in ((0, "OBS Virtual Camera\n"), (1, "")):
        folder = tmp_path / "video4linux" / f"video{number}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(label)
        (tmp_path / f"video{number}").touch()
    return VirtualCameras(tmp_path / "video4linux", tmp_path)


def test_a_virtual_camera_counts_when_it_is_used(cameras: VirtualCameras, tmp_path: Path) -> None:
    assert [(one.culprit.name, one.confidence) for one in cameras.look()] == [
        ("OBS Virtual Camera", UNUSED),
        ("video1", UNUSED),
    ]
    with (tmp_path / "video0").open("rb"):
        assert list(holders({str(tmp_path / "video0")}.__contains__)) == [
            (os.getpid(), str(tmp_path / "video0"))
        ]
        used, unused = cameras.look()
    assert (used.culprit.pid, used.confidence) == (os.getpid(), 1.0)
    assert unused.confidence == UNUSED


def test_without_virtual_cameras_there_is_no_gap(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        VirtualCameras(tmp_path / "none").look()
