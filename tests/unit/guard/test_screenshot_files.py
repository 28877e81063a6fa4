"""Which new files count, and where they are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.tripwires.screenshot_files import configured, is_capture, screenshot_folders


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("Pictures/Screenshot from 2026-11-26 03-30-00.png", True),
        ("Pictures/Screenshots/anything.jpg", True),
        ("Videos/Screencasts/anything.webm", True),
        ("2026-11-26-031512_1920x1080_scrot.png", True),
        ("Pictures/2026-11-26_03-15.png", True),
        ("Pictures/Capture d’écran du 2026-11-26.png", True),
        ("Desktop/Screenshot_20261126_033000.PNG", True),
        ("Pictures/holiday.jpg", False),
        ("Pictures/Screenshots/notes.txt", False),
        ("Pictures/Screenshots/.hidden.png", False),
        ("Screenshot.png/other.txt", False),
    ],
)
def test_what_looks_like_a_capture(path: str, counts: bool) -> None:
    assert is_capture(Path("/home/me") / path) == counts


@given(st.text(max_size=40))
def test_any_name_has_an_answer(name: str) -> None:
    assert is_capture(Path("/home/me") / name) in (True, False)


def test_tools_say_where_they_write(tmp_path: Path) -> None:
    (tmp_path / "flameshot").mkdir()
    flameshot = tmp_path / "flameshot" / "flameshot.ini"
    flameshot.write_text("[General]\nsavePath=/data/shots\nsavePathFixed=true\n")
    (tmp_path / "spectaclerc").write_text("[ImageSave]\nimageSaveLocation=file:///data/My%20shots\n")
    found = list(screenshot_folders(tmp_path, tmp_path))
    assert found[0] == tmp_path
    assert found[-2:] == [Path("/data/My shots"), Path("/data/shots")]


@given(st.text(max_size=200))
def test_no_configuration_breaks_the_reader(text: str) -> None:
    for path in configured(f"savePath={text}", ("savePath",)):
        assert path.is_absolute()
