"""The inbox is bounded and keeps the order; the allowance slows, forgives, and gives up."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.records.recordings import flow
from local_server.records.recordings.flow import Allowance, Inbox, TooMuch
from local_server.records.recordings.frames import EndFrame, InteractionsFrame, NoFrame, Told, read
from tests.support.recordings import items


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def interactions(first: int, last: int) -> InteractionsFrame:
    return InteractionsFrame.model_validate({"type": "interaction_data", "items": items(first, last)})


@given(st.lists(st.floats(1, 500), min_size=1, max_size=200))
def test_nobody_gets_more_than_the_allowance_over_time(costs: list[float]) -> None:
    time = Time()
    allowance = Allowance(time)
    spent = 0.0
    for cost in costs:
        try:
            time.now += allowance.spend(cost)
        except TooMuch:
            assert time.now > flow.PATIENCE_SECONDS
            return
        spent += cost
        assert spent <= flow.ITEMS_AT_ONCE + time.now * flow.ITEMS_A_SECOND + 1e-6


def test_who_never_pauses_is_sent_away_and_who_does_is_forgiven() -> None:
    time = Time()
    allowance = Allowance(time)
    allowance.spend(flow.ITEMS_AT_ONCE)
    for _ in range(5):
        time.now += allowance.spend(500)
    time.now += 60
    assert allowance.spend(500) == 0.0
    allowance.spend(flow.ITEMS_AT_ONCE)
    with pytest.raises(TooMuch):  # noqa: PT012  (which of them it is does not matter)
        for _ in range(100):
            time.now += allowance.spend(500)


def test_a_full_inbox_makes_the_reader_wait_and_frames_keep_their_order() -> None:
    async def scenario() -> list[list[Told]]:
        inbox = Inbox()
        size = flow.INBOX_CHARACTERS // 2
        frames: list[Told] = [
            interactions(1, 2),
            interactions(3, 3),
            EndFrame(type="session_end"),
            interactions(4, 4),
        ]
        await inbox.put(frames[0], size)
        await inbox.put(frames[1], size)
        third = asyncio.create_task(inbox.put(frames[2], 1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not third.done()
        taken = [await inbox.take(500)]
        await third
        await inbox.put(frames[3], 1)
        taken += [await inbox.take(500), await inbox.take(500)]
        assert taken == [frames[:2], [frames[2]], [frames[3]]]
        return taken

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_one_frame_always_has_room_and_a_take_has_a_limit() -> None:
    async def scenario() -> None:
        inbox = Inbox()
        await inbox.put(interactions(1, 300), flow.INBOX_CHARACTERS * 10)
        assert len(await inbox.take(500)) == 1
        for first in (1, 301, 601):
            await inbox.put(interactions(first, first + 299), 1)
        assert [len(await inbox.take(500)) for _ in range(3)] == [1, 1, 1]

    asyncio.run(asyncio.wait_for(scenario(), 20))


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "replace")))
def test_no_text_does_more_than_not_be_a_frame(text: str) -> None:
    with pytest.raises(NoFrame):
        read(text)
