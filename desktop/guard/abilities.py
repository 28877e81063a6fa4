"""Which levels this machine can hold now, by what of the guard is live."""

from __future__ import annotations

from typing import NamedTuple

from .events import LEVELS, GuardState

# A sealed picture stays safe from programs that the guard cannot name.
NAMES = "names of programs"


class Ability(NamedTuple):
    """The strictest level that can be held, and why no stricter one."""

    level: str
    reason: str = ""

    def holds(self, level: str) -> bool:
        """Say whether pictures of a level may be shown; without a level there is nothing to hold."""
        return not level or LEVELS.index(level) <= LEVELS.index(self.level)


def ability(state: GuardState) -> Ability:
    """Return what a guard in this state can hold.

    Guarded takes a sentinel that watches; sealed takes every tripwire of the screen, as each is a way to read
    before the shield is up.
    """
    if not state.live:
        return Ability("marked", state.reason)
    for wire in state.tripwires:
        if not wire.live and not wire.apart and wire.name != NAMES:
            return Ability("guarded", f"“{wire.name}” is not live. {wire.reason}".strip())
    return Ability("sealed")
