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

Outcomes = Mapping[tuple[str, str], list[Outcome]]
# Sealed pictures are hidden for twice as long, so two programs share the tools.
SHARES = (
    ("guarded", "picom", tuple(LIGHT)),
    ("sealed", "bare", tuple(LIGHT)[::2]),
    ("sealed", "openbox", tuple(LIGHT)[1::2]),
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Run every light tool once at each level, and once more where it had no name.

    On a busy machine a tool can have ended before the sentinel gets a turn to ask who it was.
    """
    with ExitStack() as ends:
        shares = []
        for level, manager, names in SHARES:
            target = Target(tmp_path_factory.mktemp(level), level, manager)
            ends.callback(target.close)
            shares.append((target, {name: LIGHT[name] for name in names}))
        found = run_rounds(shares, 1)
        unnamed = {(one.level, one.tool) for one in found if not one.named}
        again = [
            (target, {name: tool for name, tool in tools.items() if (target.level, name) in unnamed})
            for target, tools in shares
        ]
        found += run_rounds(again, 1)
        assert all(target.desktop.alive for target, _ in shares)
        assert [bug for target, _ in shares for bug in bugs(target.desktop.data)] == []
    figure(f"{table(found)}\n{summary(found, 'guarded')}\n{summary(found, 'sealed')}")
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in found:
        grouped.setdefault((outcome.level, outcome.tool), []).append(outcome)
    return grouped


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("tool", LIGHT)
def test_an_attempt_is_recorded_by_name_and_the_picture_comes_back(
    tool: str, level: str, outcomes: Outcomes
) -> None:
    made = outcomes[level, tool]
    assert made[-1].named, made[-1].said
    for outcome in made:
        assert outcome.wrote, outcome.said
        assert outcome.recorded
        assert outcome.dark
        assert outcome.back


def test_a_recording_gets_one_frame_at_most(outcomes: Outcomes) -> None:
    for outcome in outcomes["guarded", "ffmpeg"]:
        assert outcome.frames > 50
        assert outcome.leaked <= 1


@pytest.mark.parametrize("tool", LIGHT)
def test_nothing_sealed_leaves(tool: str, outcomes: Outcomes) -> None:
    for outcome in outcomes["sealed", tool]:
        assert outcome.leaked == 0, f"{outcome.pixels} pixels in {outcome.leaked} of {outcome.frames} frames"
