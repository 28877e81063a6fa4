"""Which levels a machine holds, by what is live on it."""

from __future__ import annotations

import pytest

from desktop.guard.abilities import NAMES, Ability, ability
from desktop.guard.events import LEVELS, GuardState, TripwireState

READS = TripwireState("reads of the screen", live=True)
BLIND = TripwireState("programs that connect", live=False, reason="It is off.")
NAMELESS = TripwireState(NAMES, live=False, reason="X-Resource is missing.")
BESIDE = TripwireState("video streams", live=False, reason="There is no PipeWire.", apart=True)


@pytest.mark.parametrize(
    ("live", "wires", "level"),
    [
        (True, (READS,), "sealed"),
        (True, (READS, NAMELESS, BESIDE), "sealed"),
        (True, (READS, BLIND), "guarded"),
        (False, (READS,), "marked"),
        (False, (READS, BLIND), "marked"),
    ],
)
def test_a_level_takes_what_must_be_live_for_it(
    live: bool, wires: tuple[TripwireState, ...], level: str
) -> None:
    found = ability(GuardState(live=live, reason="" if live else "It ended.", tripwires=wires))
    assert found.level == level
    assert bool(found.reason) == (level != "sealed")
    assert [one for one in LEVELS if found.holds(one)] == list(LEVELS[: LEVELS.index(level) + 1])


def test_where_nothing_is_shown_there_is_nothing_to_hold() -> None:
    assert Ability("marked").holds("")
