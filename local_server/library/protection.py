"""How well a picture is protected, and what that means for a role."""

from enum import StrEnum
from typing import Final

from local_server.accounts.models import CURATES, Role


class Level(StrEnum):
    """Protection levels, weakest first."""

    OPEN = "open"
    MARKED = "marked"
    GUARDED = "guarded"
    SEALED = "sealed"

    @property
    def strength(self) -> int:
        """The rank: a higher one protects more."""
        return _ORDER.index(self)

    def held_by(self, holds: str) -> bool:
        """Say whether a machine that holds up to a level may be sent this one; marked takes no machine."""
        return self.strength <= max(Level(holds).strength, Level.MARKED.strength)

    @property
    def marks_pixels(self) -> bool:
        """Whether the viewer's mark must be in every pixel that is sent."""
        return self is not Level.OPEN


_ORDER: Final = tuple(Level)


def effective(level: Level, role: Role) -> Level:
    """Return the level at which a role sees a picture: only those who curate ever see plain pixels."""
    if role in CURATES or level.strength >= Level.MARKED.strength:
        return level
    return Level.MARKED
