"""How long things move; nothing moves for people who asked for reduced motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = "VAULTSECURE_REDUCED_MOTION"


@dataclass(frozen=True)
class Motion:
    """Hold the durations of movements in milliseconds; all are 0 with reduced motion."""

    reduced: bool

    @property
    def quick(self) -> int:
        """Give the duration of a hover or a focus change."""
        return 0 if self.reduced else 120

    @property
    def calm(self) -> int:
        """Give the duration of something that comes or goes."""
        return 0 if self.reduced else 180


def asked_motion(environment: Mapping[str, str]) -> Motion:
    """Read what the person asked for; Qt 6.11 has no question for it, so it is a variable."""
    return Motion(environment.get(VARIABLE, "0") not in ("", "0"))
