"""The bell of several servers: heard by all through a real Redis, by the own one without."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from local_server.external.redis import RedisPart
from local_server.records.shared_bell import SharedBell
from tests.support.parts.redis import Redis
from tests.support.waiting import until

LONG = 30.0


@contextmanager
def bell(redis: Redis) -> Iterator[SharedBell]:
    made = SharedBell(RedisPart(redis.url()), "gallery")
    made.start()
    try:
        yield made
    finally:
        made.stop()


def listeners(redis: Redis) -> int:
    return int(redis.client().pubsub_numsub("vaultsecure:gallery:events")[0][1])


async def woken(waiting: SharedBell, ringing: SharedBell) -> bool:
    await waiting.wait(0.1)  # the ring of its own beginning
    task = asyncio.create_task(waiting.wait(LONG))
    await asyncio.sleep(0.05)
    await asyncio.to_thread(ringing.ring)
    done, _ = await asyncio.wait([task], timeout=LONG / 2)
    return bool(done)


def test_a_ring_is_heard_on_the_other_server(redis: Redis) -> None:
    with bell(redis) as one, bell(redis) as other:
        until(lambda: listeners(redis) == 2, "both to listen")
        assert asyncio.run(woken(one, other))


def test_without_redis_it_rings_at_home_and_later_elsewhere_again(redis: Redis) -> None:
    with bell(redis) as one, bell(redis) as other:
        until(lambda: listeners(redis) == 2, "both to listen")
        redis.stop()
        assert asyncio.run(woken(one, one))
        redis.start()
        until(lambda: listeners(redis) == 2, "both to listen again")
        assert asyncio.run(woken(one, other))
