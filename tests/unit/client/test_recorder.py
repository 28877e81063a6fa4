"""The recorder against a server that breaks off and refuses: everything arrives, once and in order."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.client import recorder as room
from desktop.client.errors import ServerOutage
from desktop.client.recorder import Item, Recorder


class Broken(Exception):
    """The connection is gone."""


class Server:
    """Speaks as `/ws` does; breaks connections off and loses answers at random."""

    def __init__(self, chance: random.Random, lossy: float) -> None:
        self._chance = chance
        self._lossy = lossy
        self.recordings: dict[str, list[int]] = {}
        self.words: list[str] = []
        self.ended: set[str] = set()
        self._open: str | None = None
        self._answer: Callable[[dict[str, Any]], None] = lambda frame: None

    async def serve(self, recorder: Recorder, done: Callable[[], bool]) -> None:
        while not done():
            self._open = None
            self._answer = recorder.take
            with suppress(Broken):
                streaming = asyncio.create_task(recorder.stream(self.send))
                while not streaming.done() and not done():  # noqa: ASYNC110  (the recorder tells nobody)
                    await asyncio.sleep(0.001)
                streaming.cancel()
                with suppress(asyncio.CancelledError):
                    await streaming

    async def send(self, frame: dict[str, Any]) -> None:
        if self._chance.random() < self._lossy:
            raise Broken
        answer = self._of(frame)
        if self._chance.random() < self._lossy:
            raise Broken  # it was done, and nobody heard of it
        self._answer(answer)

    def _of(self, frame: dict[str, Any]) -> dict[str, Any]:
        if frame["type"] == "session_start":
            name = frame.get("recording_id")
            if name in self.ended:
                return {"type": "refused", "to": "session_start", "code": "recording_ended"}
            if name is None:
                name = f"r{len(self.recordings)}"
                self.recordings[name] = []
            self._open = name
            last = len(self.recordings[name])
            return {"type": "session_started", "recording_id": name, "acknowledged": last}
        if self._open is None or self._open in self.ended:
            return {"type": "refused", "to": "interaction_data", "code": "recording_ended"}
        stored = self.recordings[self._open]
        for item in frame["items"]:
            assert item["sequence"] <= len(stored) + 1, "a gap"
            if item["sequence"] == len(stored) + 1:
                stored.append(item["sequence"])
                self.words.append(item["kind"])
        if self._chance.random() < self._lossy / 2:
            self.ended.add(self._open)
        return {"type": "acknowledged", "sequence": len(stored), "new": 0}


@given(st.integers(0, 2**32), st.integers(1, 350), st.sampled_from([0.0, 0.2, 0.5]))
def test_everything_arrives_in_order_and_nothing_twice_unless_its_recording_was_lost(
    seed: int, count: int, lossy: float
) -> None:
    async def scenario() -> None:
        server = Server(random.Random(seed), lossy)
        recorder = Recorder({}, gather_seconds=0)
        for number in range(count):
            recorder.add({"kind": f"k{number}"})
        async with asyncio.timeout(20):
            await server.serve(recorder, lambda: recorder.waiting == 0)
        heard = list(dict.fromkeys(server.words))
        assert heard == [f"k{number}" for number in range(count)]
        if not server.ended:
            assert len(server.words) == count
        for stored in server.recordings.values():
            assert stored == list(range(1, len(stored) + 1))

    asyncio.run(scenario())


def test_no_recording_is_begun_before_there_is_something_to_tell() -> None:
    async def scenario() -> None:
        sent: list[Item] = []

        async def send(frame: Item) -> None:
            sent.append(frame)

        recorder = Recorder({"client": "test"})
        streaming = asyncio.create_task(recorder.stream(send))
        await asyncio.sleep(0.01)
        assert sent == []
        recorder.add({"kind": "opened"})
        await asyncio.sleep(0.01)
        assert sent == [{"type": "session_start", "context": {"client": "test"}}]
        streaming.cancel()
        await asyncio.gather(streaming, return_exceptions=True)

    asyncio.run(scenario())


def test_a_server_that_takes_none_is_not_asked_again_and_nothing_grows() -> None:
    async def scenario() -> None:
        sent: list[Item] = []
        recorder = Recorder({})

        async def send(frame: Item) -> None:
            sent.append(frame)
            recorder.take({"type": "refused", "to": "session_start", "code": "too_many_recordings"})

        streaming = asyncio.create_task(recorder.stream(send))
        for _ in range(room.KEPT + 500):
            recorder.add({"kind": "opened"})
        await asyncio.sleep(0.02)
        assert (len(sent), recorder.waiting) == (1, room.KEPT)
        streaming.cancel()
        await asyncio.gather(streaming, return_exceptions=True)

    asyncio.run(scenario())


def test_what_could_not_be_kept_is_counted() -> None:
    recorder = Recorder({})
    for _ in range(room.KEPT + 3):
        recorder.add({"kind": "opened"})
    recorder._acknowledge(room.KEPT)
    recorder.add({"kind": "closed"})
    told = list(recorder._waiting)
    assert [(item["kind"], item["sequence"]) for item in told] == [
        ("lost", room.KEPT + 1),
        ("closed", room.KEPT + 2),
    ]
    assert told[0]["context"] == {"count": 3}


class Taker:
    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.taken: list[tuple[str, list[Item]]] = []

    async def end_recording(self, recording_id: str, items: list[Item]) -> None:
        if self.away:
            raise ServerOutage("away", "It is away.", "Wait.", status=503)
        self.taken.append((recording_id, items))


@pytest.mark.parametrize("away", [False, True])
def test_what_is_left_is_handed_in_once(away: bool) -> None:
    async def scenario() -> None:
        taker, recorder = Taker(away=away), Recorder({})

        async def send(frame: Item) -> None:
            if frame["type"] == "session_start":
                recorder.take({"type": "session_started", "recording_id": "r1", "acknowledged": 0})

        streaming = asyncio.create_task(recorder.stream(send))
        await recorder.hand_in(taker)
        recorder.add({"kind": "opened"})
        await asyncio.sleep(0.01)
        await recorder.hand_in(taker)
        await recorder.hand_in(taker)
        assert taker.taken == ([] if away else [("r1", [{"kind": "opened", "sequence": 1}])])
        assert recorder.waiting == 0
        streaming.cancel()
        await asyncio.gather(streaming, return_exceptions=True)

    asyncio.run(scenario())
