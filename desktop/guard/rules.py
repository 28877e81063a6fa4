"""What admins have said about the guard here: an exemption, a trial, programs that are known."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

from .events import Culprit
from .policy import Circumstances


class Rules(NamedTuple):
    """As the server told them last; `quiet` are paths of executables."""

    assistive: bool = False
    dry: bool = False
    quiet: Set[str] = frozenset()

    def given(self, culprit: Culprit) -> Circumstances:
        """Return what makes answers to a program milder."""
        return Circumstances(self.assistive, self.dry, culprit.executable in self.quiet)

    def watched(self, level: str) -> str:
        """Return the level that the sentinel is told: it hides by itself what is guarded or sealed."""
        if (self.assistive and level in ("guarded", "sealed")) or (self.dry and level == "guarded"):
            return "marked"
        return level


def paths(value: object) -> frozenset[str]:
    """Read what JSON carries of `quiet`; raises TypeError where it is no list of texts."""
    if not isinstance(value, list) or not all(isinstance(path, str) for path in value):
        raise TypeError("quiet is a list of paths")
    return frozenset(value)
