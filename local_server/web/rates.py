"""Rates: how often a person or an address may ask for something, over all servers or in this process."""

import ipaddress
import math
import time
from typing import Final

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from local_server.external.link import Away
from local_server.external.redis import RedisPart
from local_server.web.errors import TooManyRequests

_PREFIX: Final = "vaultsecure:rates"


class Rates:
    """Makes rates that count together: in Redis, or while it is away and where there is none, in here."""

    def __init__(self, redis: RedisPart | None) -> None:
        self._redis = redis
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._shared = None if redis is None else FixedWindowRateLimiter(_in_redis(redis))

    def rate(self, name: str, written: str) -> "Rate":
        """Return one limit, such as "30/minute", that every asker has alone."""
        return Rate(self, name, written)

    def spend(self, item: RateLimitItem, *identity: str) -> float | None:
        """Count one request; return None, or when the window ends that has no room for it."""
        if self._redis is not None and self._shared is not None:
            shared = self._shared
            try:
                return self._redis.call(lambda _redis: _spend(shared, item, identity))
            except Away:
                pass  # the health report tells of it; each server counts alone meanwhile
        return _spend(self._here, item, identity)


class Rate:
    """One limit of a name."""

    def __init__(self, rates: Rates, name: str, written: str) -> None:
        self._rates = rates
        self._name = name
        self._items = parse_many(written)

    def spend(self, *asker: str) -> None:
        """Count one request of the asker; raises TooManyRequests beyond the limit.

        After "address" and "refresh" comes an address: of IPv6 its network
        counts, as one machine has all of those in it.
        """
        if asker[0] in ("address", "refresh"):
            asker = (asker[0], _network(asker[-1]))
        for item in self._items:
            reset = self._rates.spend(item, self._name, *asker)
            if reset is not None:
                raise TooManyRequests(retry_after=max(1, math.ceil(reset - time.time())))


def _network(address: str) -> str:
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address):
        return address
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ipaddress.ip_network((int(read), 64), strict=False))


def _spend(limiter: FixedWindowRateLimiter, item: RateLimitItem, identity: tuple[str, ...]) -> float | None:
    if limiter.hit(item, *identity):
        return None
    return limiter.get_window_stats(item, *identity).reset_time


def _in_redis(part: RedisPart) -> RedisStorage:
    return RedisStorage("redis://", connection_pool=part.pool, key_prefix=_PREFIX)
