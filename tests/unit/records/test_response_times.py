"""Percentiles of picture answers, and what of the traffic is measured."""

import asyncio
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from local_server.records.response_times import KEPT, MeasurePictures, ResponseTimes


def test_there_is_no_percentile_of_nothing() -> None:
    assert ResponseTimes().percentile(0.95) is None


@given(
    durations=st.lists(st.floats(0, 1e6), min_size=1, max_size=1200),
    share=st.floats(0.01, 1),
)
def test_the_percentile_is_the_nearest_rank_of_the_last_thousand(
    durations: list[float], share: float
) -> None:
    times = ResponseTimes()
    for duration in durations:
        times.add(duration)
    kept = sorted(durations[-KEPT:])
    found = times.percentile(share)
    assert found in kept
    assert sum(one <= found for one in kept) >= math.ceil(share * len(kept))
    assert sum(one < found for one in kept) < share * len(kept)


@pytest.mark.parametrize(
    ("path", "status", "measured"),
    [
        ("/api/secure/image/a1/view", 200, 250.0),
        ("/api/v1/secure/image/a1/view", 200, 250.0),
        ("/api/secure/image/a1/view", 404, None),
        ("/api/images", 200, None),
    ],
)
def test_pictures_that_were_sent_are_measured_to_their_last_byte(
    path: str, status: int, measured: float | None
) -> None:
    moments: Iterator[float] = iter([10.0, 10.25])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        await send({"type": "http.response.body", "body": b"rest"})

    async def receive() -> Message:
        return {"type": "http.request"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    times = ResponseTimes()
    measure = MeasurePictures(app, times, lambda: next(moments))
    asyncio.run(measure({"type": "http", "path": path}, receive, send))
    assert len(sent) == 3
    assert times.percentile(0.95) == measured
