"""The one object for Redis; everything that uses it goes on in some way without it."""

from collections.abc import Callable
from typing import Final, TypeVar

from redis import ConnectionPool, Redis
from redis.exceptions import RedisError

from local_server.external.link import Link

_SECONDS: Final = 2.0
T = TypeVar("T")


class RedisPart:
    """Redis by its address; threads may share it."""

    def __init__(self, url: str) -> None:
        # Its password is in it: the address is given to those that connect and never shown.
        self.url = url
        self.pool = ConnectionPool.from_url(
            url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, health_check_interval=15
        )
        self.link = Link("redis", (RedisError, OSError))
        self._redis = Redis(connection_pool=self.pool)

    def __repr__(self) -> str:
        return "RedisPart()"

    def call(self, call: Callable[[Redis], T], *, probe: bool = False) -> T:
        """Run commands. Raises Away."""
        with self.link.calling(probe=probe):
            return call(self._redis)

    def probe(self) -> None:
        """Ask whether it is there. Raises Away."""
        self.call(lambda redis: redis.ping(), probe=True)

    def close(self) -> None:
        """Close every connection."""
        self.pool.disconnect()
