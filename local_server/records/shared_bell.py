"""A bell that rings on all servers of one gallery, through Redis; listens on a thread of its own."""

import threading
from contextlib import suppress
from typing import Final

import structlog
from redis import Redis

from local_server.external.link import Away
from local_server.external.redis import RedisPart
from local_server.records.bell import LocalBell

_LISTEN_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 2.0
_log = structlog.get_logger("records.bell")


class SharedBell:
    """Rings here at once, and elsewhere if Redis is there; without it the others look by themselves."""

    def __init__(self, redis: RedisPart, installation_id: str) -> None:
        self._redis = redis
        self._channel = f"vaultsecure:{installation_id}:events"
        self._here = LocalBell()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="bell", daemon=True)

    def ring(self) -> None:
        """Wake who waits, on every server."""
        self._here.ring()
        with suppress(Away):
            self._redis.call(lambda redis: redis.publish(self._channel, b""))

    async def wait(self, seconds: float) -> None:
        """Wait for a ring of any server."""
        await self._here.wait(seconds)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._stop.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                self._redis.call(self._follow)
            except Away as away:
                _log.info("live events of other servers come later", reason=str(away))
            self._stop.wait(_RETRY_SECONDS)

    def _follow(self, redis: Redis) -> None:
        with redis.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]  # redis left it so
            subscription.subscribe(self._channel)
            # What was announced before we listened may have been missed.
            self._here.ring()
            while not self._stop.is_set():
                if subscription.get_message(timeout=_LISTEN_SECONDS) is not None:
                    self._here.ring()
