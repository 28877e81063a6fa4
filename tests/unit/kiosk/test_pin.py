"""The exit PIN: what is kept of it, and how often it may be guessed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.kiosk.pin import LONGEST_PAUSE_S, Tries, Verdict, acceptable, hashed, matches, write

STORED = hashed("4711")


@given(st.text(max_size=14))
def test_digits_alone_make_a_pin(text: str) -> None:
    expected = 4 <= len(text) <= 12 and all(letter in "0123456789" for letter in text)
    assert acceptable(text) == expected


def test_the_file_is_its_owners_alone_and_holds_no_pin(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    path.write_text("what was there before, and longer than a hash" * 9)
    path.chmod(0o666)
    write(path, "4711")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "4711" not in path.read_text()
    assert matches("4711", path.read_text())
    assert not matches("4712", path.read_text())
    assert hashed("4711") != hashed("4711")
    with pytest.raises(ValueError, match=r".+"):
        matches("4711", "md5 00 00")


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("kept")
    (tmp_path / "pin").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match=r".+"):
        write(tmp_path / "pin", "4711")
    assert (tmp_path / "other").read_text() == "kept"


def test_each_wrong_pin_doubles_the_pause_and_none_is_looked_at_during_it() -> None:
    now = [1000.0]
    tries = Tries(STORED, lambda: now[0])
    pauses = []
    for _ in range(10):
        verdict = tries.judge("0000")
        assert not verdict.right
        pauses.append(verdict.wait_s)
        assert tries.judge("4711") == Verdict(right=False, wait_s=verdict.wait_s)
        now[0] += verdict.wait_s
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_PAUSE_S]
    assert tries.judge("4711").right
    assert tries.judge("").wait_s == 1
