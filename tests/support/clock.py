"""A clock that stands until it is moved."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Called, it tells the moment it was set to."""

    def __init__(self, moment: datetime = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **how_far: float) -> None:
        """Move it."""
        self.moment += timedelta(**how_far)
