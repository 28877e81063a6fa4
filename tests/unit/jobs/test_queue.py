"""The queue as a hint: in a file or a real Redis, higher priorities first, and no failure when it is away."""

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_server.external.redis import RedisPart
from local_server.jobs.queue import JobQueue
from tests.support.parts.fixtures import Parts
from tests.support.parts.redis import Redis
from tests.support.waiting import until

KEY = b"k" * 32


@pytest.fixture(params=["file", "redis"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | RedisPart:
    if request.param == "file":
        return tmp_path / "queue.db"
    parts: Parts = request.getfixturevalue("parts")
    part = parts.get(Redis)
    part.empty()
    return RedisPart(part.url())


@contextmanager
def consumed(queue: JobQueue, threads: int = 1) -> Iterator[None]:
    """Take offers during a block; not a moment longer, for a Redis outlives the test."""
    consumer = queue.consumer(threads)
    consumer.start()
    try:
        yield
    finally:
        consumer.stop(graceful=True)


def test_what_somebody_waits_for_is_taken_first(where: Path | RedisPart) -> None:
    taken: list[str] = []
    queue = JobQueue(where, taken.append, key=KEY)
    queue.put(["a", "b"])
    queue.put(["urgent"], priority=10)
    assert queue.waiting() == 3
    with consumed(queue):
        until(lambda: len(taken) == 3, "three offers to be taken")
    assert taken[0] == "urgent"
    assert queue.waiting() == 0


def test_two_processes_take_each_offer_once(where: Path | RedisPart) -> None:
    taken: list[str] = []
    lock = threading.Lock()

    def work(picture_id: str) -> None:
        with lock:
            taken.append(picture_id)

    offered = [f"{number:03}" for number in range(60)]
    JobQueue(where, key=KEY).put(offered)
    with consumed(JobQueue(where, work, key=KEY), 2), consumed(JobQueue(where, work, key=KEY), 2):
        until(lambda: len(taken) >= 60, "every offer to be taken")
    assert sorted(taken) == offered


class _Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self._path), "w")


def test_an_offer_that_is_not_ours_is_not_looked_into(redis: Redis, tmp_path: Path) -> None:
    part, taken = RedisPart(redis.url()), list[str]()
    queue = JobQueue(part, taken.append, key=KEY)
    queue.put(["before"])
    forged = pickle.dumps(_Trap(tmp_path / "sprung"))
    keys = part.call(lambda known: list(known.scan_iter("*pictures*")))
    assert len(keys) == 1
    part.call(lambda known: known.zadd(keys[0], {forged: -100.0, forged + b":signature": -101.0}))
    with consumed(queue):
        until(lambda: taken == ["before"], "our own offer to be taken")
        until(lambda: queue.waiting() == 0, "the forged ones to be thrown away")
    assert taken == ["before"]
    assert not (tmp_path / "sprung").exists()


def test_two_houses_on_one_redis_leave_each_other_alone(redis: Redis) -> None:
    part, taken = RedisPart(redis.url()), list[str]()
    other = JobQueue(part, key=b"another" * 5)
    other.put(["of another house"], priority=50)
    queue = JobQueue(part, taken.append, key=KEY)
    queue.put(["ours"])
    with consumed(queue):
        until(lambda: taken == ["ours"], "our own offer to be taken")
    other.put(["one more"])
    assert (queue.waiting(), other.waiting()) == (0, 2)


def test_without_redis_nothing_is_offered_and_nothing_fails(redis: Redis) -> None:
    queue = JobQueue(RedisPart(redis.url()), key=KEY)
    queue.put(["before"])
    redis.stop()
    queue.put(["during"])
    assert queue.waiting() == 0
    redis.start()
    until(lambda: _offers(queue), "the queue to be there again")


def _offers(queue: JobQueue) -> bool:
    queue.put(["after"])
    return queue.waiting() > 0
