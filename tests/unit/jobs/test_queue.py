"""The queue as a hint: in a file or a real Redis, higher priorities first, and no failure when it is away."""

import threading
from pathlib import Path

import pytest

from local_server.external.redis import RedisPart
from local_server.jobs.queue import JobQueue
from tests.support.parts.fixtures import Parts
from tests.support.parts.redis import Redis
from tests.support.waiting import until


@pytest.fixture(params=["file", "redis"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | RedisPart:
    if request.param == "file":
        return tmp_path / "queue.db"
    parts: Parts = request.getfixturevalue("parts")
    part = parts.get(Redis)
    part.empty()
    return RedisPart(part.url())


def test_what_somebody_waits_for_is_taken_first(where: Path | RedisPart) -> None:
    taken: list[str] = []
    queue = JobQueue(where, taken.append)
    queue.put(["a", "b"])
    queue.put(["urgent"], priority=10)
    assert queue.waiting() == 3
    consumer = queue.consumer(1)
    consumer.start()
    until(lambda: len(taken) == 3, "three offers to be taken")
    consumer.stop(graceful=True)
    assert taken[0] == "urgent"
    assert queue.waiting() == 0


def test_two_processes_take_each_offer_once(where: Path | RedisPart) -> None:
    taken: list[str] = []
    lock = threading.Lock()

    def work(picture_id: str) -> None:
        with lock:
            taken.append(picture_id)

    offered = [f"{number:03}" for number in range(60)]
    JobQueue(where).put(offered)
    consumers = [JobQueue(where, work).consumer(2) for _ in range(2)]
    for consumer in consumers:
        consumer.start()
    until(lambda: len(taken) >= 60, "every offer to be taken")
    for consumer in consumers:
        consumer.stop(graceful=True)
    assert sorted(taken) == offered


def test_without_redis_nothing_is_offered_and_nothing_fails(redis: Redis) -> None:
    queue = JobQueue(RedisPart(redis.url()))
    queue.put(["before"])
    redis.stop()
    queue.put(["during"])
    assert queue.waiting() == 0
    redis.start()
    until(lambda: _offers(queue), "the queue to be there again")


def _offers(queue: JobQueue) -> bool:
    queue.put(["after"])
    return queue.waiting() > 0
