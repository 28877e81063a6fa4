"""Rates: how often a person or an address may ask for something, counted in this process."""

import math
import time

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from local_server.web.errors import TooManyRequests


class Rate:
    """One limit, such as "30/minute", that every asker has alone."""

    def __init__(self, name: str, written: str) -> None:
        self._name = name
        self._items = parse_many(written)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def spend(self, *asker: str) -> None:
        """Count one request of the asker; raises TooManyRequests beyond the limit."""
        for item in self._items:
            if not self._limiter.hit(item, self._name, *asker):
                reset = self._limiter.get_window_stats(item, self._name, *asker).reset_time
                raise TooManyRequests(retry_after=max(1, math.ceil(reset - time.time())))
