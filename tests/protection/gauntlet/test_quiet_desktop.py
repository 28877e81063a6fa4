"""People at work beside the program are no events; `make quiet` lets them work for an hour."""

from __future__ import annotations

import pytest

from tests.protection.gauntlet.quiet import BESIDE, spend
from tests.protection.gauntlet.target import Target
from tests.protection.stage import figure

SECONDS = 10.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_work_beside_a_guarded_picture_is_no_event(tmp_path_factory: pytest.TempPathFactory) -> None:
    target = Target(tmp_path_factory.mktemp("quiet"), "guarded", BESIDE)
    try:
        report = spend(target, SECONDS, 0.0)
        assert target.desktop.alive
    finally:
        target.close()
    figure(str(report))
    assert report.chores
    assert report.recorded == []
    assert report.darks == []
