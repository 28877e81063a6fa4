"""Restarts are counted under the same parent, and a file that is broken costs the count alone."""

from pathlib import Path

import pytest

from local_server.records.starts import Starts
from tests.support.clock import Clock


def noted(path: Path, parent: str) -> int:
    starts = Starts(path, Clock())
    starts.note(parent)
    return starts.restarts


def test_starts_under_one_parent_are_restarts(tmp_path: Path) -> None:
    path = tmp_path / "starts.json"
    assert [noted(path, parent) for parent in ("1:a", "1:a", "1:a", "1:b", "1:b")] == [0, 1, 2, 0, 1]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"parent": "1:a", "restarts": "many"}', "\x00"])
def test_a_file_that_makes_no_sense_counts_from_nought(tmp_path: Path, content: str) -> None:
    path = tmp_path / "starts.json"
    path.write_text(content)
    assert [noted(path, "1:a"), noted(path, "1:a")] == [0, 1]


def test_a_folder_in_its_place_does_not_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "starts.json").mkdir()
    assert noted(tmp_path / "starts.json", "1:a") == 0
