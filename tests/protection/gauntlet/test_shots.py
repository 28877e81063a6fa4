"""Screenshots of marked pictures lead back to who looked, and at what; `make shots` takes all 48."""

from __future__ import annotations

import pytest

from tests.protection.gauntlet.shots import Sitting
from tests.protection.stage import figure

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_a_screenshot_names_session_and_picture(tmp_path_factory: pytest.TempPathFactory) -> None:
    sitting = Sitting(tmp_path_factory.mktemp("shots"), "1")
    try:
        png, _, _, quarter = sitting.shots(("light",), ("0.4",))
        answers = dict(sitting.traces((png, quarter)))
    finally:
        sitting.close()
    figure(f"{len(answers)} screenshots, wrong: {list(filter(None, answers.values()))}")
    assert set(answers.values()) == {""}
