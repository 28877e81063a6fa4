"""Measured requests: counts, buckets and percentiles, and that no label can be chosen from outside."""

import asyncio
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from local_server.health.traffic import BUCKETS, KEPT, PICTURE, Durations, Key, Measure, Traffic, percentile
from local_server.health.violation_counts import KINDS, OTHER, ViolationCounts


class Found:
    """A route that was found."""

    def __init__(self, path: str) -> None:
        self.path = path


def test_before_the_first_there_is_neither_rate_nor_percentile() -> None:
    pictures = Traffic().pictures()
    assert (pictures.asked, pictures.success_rate, pictures.p95_ms) == (0, None, None)


@given(durations=st.lists(st.floats(0, 1e6), min_size=1, max_size=1200), share=st.floats(0.01, 1))
def test_the_percentile_is_the_nearest_rank(durations: list[float], share: float) -> None:
    kept = sorted(durations)
    found = percentile(kept, share)
    assert found is not None
    assert found in [one * 1000 for one in kept]
    assert sum(one * 1000 <= found for one in kept) >= math.ceil(share * len(kept))
    assert sum(one * 1000 < found for one in kept) < share * len(kept)


@given(st.lists(st.floats(0, 100), max_size=300))
def test_every_answer_is_in_one_bucket_and_none_is_in_one_too_small(durations: list[float]) -> None:
    told = Durations()
    for seconds in durations:
        told.add(seconds)
    assert sum(told.buckets) == len(durations)
    below = 0
    for end, count in zip(BUCKETS, told.buckets, strict=False):
        below += count
        assert below == sum(seconds <= end for seconds in durations)


@given(st.lists(st.sampled_from([200, 401, 404, 429, 500, 503]), max_size=200))
def test_pictures_are_delivered_refused_or_failed(statuses: list[int]) -> None:
    traffic = Traffic()
    for status in statuses:
        traffic.answered("GET", PICTURE, status, 0.01)
    found = traffic.measured()
    pictures = found.pictures
    assert pictures.asked == len(statuses)
    assert pictures.delivered == statuses.count(200)
    assert pictures.failed == sum(status >= 500 for status in statuses)
    assert found.rate_refusals.get(PICTURE, 0) == statuses.count(429)


def test_of_many_pictures_the_last_thousand_count() -> None:
    traffic = Traffic()
    for _ in range(KEPT):
        traffic.answered("GET", PICTURE, 200, 60.0)
    for _ in range(KEPT):
        traffic.answered("GET", PICTURE, 200, 0.5)
    assert traffic.pictures().p99_ms == 500


def answered(
    path: str, method: str = "GET", route: object = None, messages: tuple[Message, ...] = ()
) -> tuple[Traffic, list[Message]]:
    """Let one request through; without messages the application crashes."""
    moments: Iterator[float] = iter([10.0, 10.25])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if route is not None:
            scope["route"] = route
        for message in messages:
            await send(message)
        if not messages:
            raise ZeroDivisionError

    async def receive() -> Message:
        return {"type": "http.request"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    traffic = Traffic()
    scope = {"type": "http", "path": path, "method": method}
    measure = Measure(app, traffic, lambda: next(moments))
    if messages:
        asyncio.run(measure(scope, receive, send))
    else:
        with pytest.raises(ZeroDivisionError):
            asyncio.run(measure(scope, receive, send))
    return traffic, sent


PICTURE_SENT: tuple[Message, ...] = (
    {"type": "http.response.start", "status": 200},
    {"type": "http.response.body", "body": b"half", "more_body": True},
    {"type": "http.response.body", "body": b"rest"},
)


@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
def test_a_picture_is_measured_to_its_last_byte_under_both_addresses(prefix: str) -> None:
    traffic, sent = answered(
        f"{prefix}/secure/image/a1/view",
        route=Found("/secure/image/{picture_id}/view"),
        messages=PICTURE_SENT,
    )
    assert len(sent) == 3
    assert set(traffic.measured().answers) == {Key("GET", PICTURE, "2xx")}
    assert traffic.pictures().p95_ms == 250


@pytest.mark.parametrize(("path", "method"), [("/api/../etc", "GET"), ("/" + "x" * 900, "BREW\x00")])
def test_what_was_asked_for_in_vain_has_no_label_of_its_own(path: str, method: str) -> None:
    traffic, _ = answered(path, method, messages=({"type": "http.response.start", "status": 404},))
    (key,) = traffic.measured().answers
    assert key == Key("GET" if method == "GET" else "other", "(none)", "4xx")


def test_a_crash_counts_as_what_it_is_answered_with() -> None:
    traffic, _ = answered("/api/images", route=Found("/images"))
    assert set(traffic.measured().answers) == {Key("GET", "/api/images", "5xx")}


@given(st.lists(st.one_of(st.text(max_size=40), st.sampled_from(KINDS)), max_size=50))
def test_violations_have_a_bounded_set_of_kinds(kinds: list[str]) -> None:
    counts = ViolationCounts()
    for kind in kinds:
        counts.add(kind)
    found = counts.by_kind()
    assert set(found) == {*KINDS, OTHER}
    assert sum(found.values()) == len(kinds)
    assert found[OTHER] == sum(kind not in KINDS for kind in kinds)
