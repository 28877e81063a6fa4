"""Where one is in a list of pictures, and which ones lie around; knows no widget."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.client.models import Picture


class Walk:
    """A list and a place in it."""

    def __init__(self) -> None:
        self.pictures: Sequence[Picture] = ()
        self.place = 0
        self._direction = 1

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def here(self) -> Picture:
        """Give the picture at the place."""
        return self.pictures[self.place]

    def find(self, picture_id: str) -> int | None:
        """Give a picture's place."""
        return next((place for place, each in enumerate(self.pictures) if each.id == picture_id), None)

    def go(self, place: int) -> None:
        """Go to a place; past either end the count begins again."""
        self.place = place % len(self.pictures)
        self._direction = 1

    def step(self, step: int) -> bool:
        """Go on by a step; False at the ends."""
        if not 0 <= self.place + step < len(self.pictures):
            return False
        self.place += step
        self._direction = step
        return True

    def companion(self) -> Picture | None:
        """Give what to compare the picture with: the next one, at the end the one before."""
        place = self.place + 1 if self.place + 1 < len(self.pictures) else self.place - 1
        return self.pictures[place] if place >= 0 else None

    def likely_next(self) -> list[Picture]:
        """List what will probably be opened: two in the direction of travel, then one back.

        None that costs a view: it is spent by opening, not by guessing.
        """
        places = [self.place + self._direction * step for step in (1, 2, -1)]
        near = [self.pictures[place] for place in places if 0 <= place < len(self.pictures)]
        return [picture for picture in near if not picture.costs_view]
