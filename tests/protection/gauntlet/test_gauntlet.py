"""The light tools run against the real program at both levels; `make gauntlet` runs all of them for long."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import pytest

from tests.protection.gauntlet.attempts import Outcome
from tests.protection.gauntlet.rounds import run_rounds
from tests.protection.gauntlet.table import summary, table
from tests.protection.gauntlet.target import LEVELS, Target
from tests.protection.gauntlet.tools import LIGHT
from tests.protection.stage import figure
from tests.support.desktop import bugs

Outcomes = Mapping[tuple[str, str], Outcome]
# Sealed pictures are hidden for twice as long, so two programs share the tools.
SHARES = (
    ("guarded", "picom", tuple(LIGHT)),
    ("sealed", "bare", tuple(LIGHT)[::2]),
    ("sealed", "openbox", tuple(LIGHT)[1::2]),
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Run every light tool once at each level."""
    with ExitStack() as ends:
        shares = []
        for level, manager, names in SHARES:
            target = Target(tmp_path_factory.mktemp(level), level, manager)
            ends.callback(target.close)
            shares.append((target, {name: LIGHT[name] for name in names}))
        found = run_rounds(shares, 1)
        assert all(target.desktop.alive for target, _ in shares)
        assert [bug for target, _ in shares for bug in bugs(target.desktop.data)] == []
    figure(f"{table(found)}\n{summary(found, 'guarded')}\n{summary(found, 'sealed')}")
    return {(outcome.level, outcome.tool): outcome for outcome in found}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("tool", LIGHT)
def test_an_attempt_is_recorded_by_name_and_the_picture_comes_back(
    tool: str, level: str, outcomes: Outcomes
) -> None:
    outcome = outcomes[level, tool]
    assert outcome.wrote, outcome.said
    assert outcome.named
    assert outcome.dark
    assert outcome.back


def test_a_recording_gets_one_frame_at_most(outcomes: Outcomes) -> None:
    assert outcomes["guarded", "ffmpeg"].frames > 50
    assert outcomes["guarded", "ffmpeg"].leaked <= 1
