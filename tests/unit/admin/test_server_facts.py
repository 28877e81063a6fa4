"""The server's figures in words: never better than they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.admin.server_facts import (
    DELIVERED,
    ERRORS,
    RESPONSES,
    RUN,
    SERVER_FACTS,
    VIOLATIONS,
    server_facts,
)
from desktop.client.records import ServerFigures


def figures(**changed: object) -> ServerFigures:
    known: dict[str, object] = {
        "pictures_asked": 0,
        "picture_success": None,
        "response_p50_ms": None,
        "response_p95_ms": None,
        "response_p99_ms": None,
        "client_errors": 0,
        "client_errors_per_hour": 0.0,
        "uptime_s": 3600.0,
        "restarts": 0,
    }
    return ServerFigures.read(known | changed)


def test_at_the_start_there_is_little_to_say() -> None:
    assert server_facts(figures(), {}) == {
        DELIVERED: "none was asked for",
        RESPONSES: "–",
        ERRORS: "none",
        VIOLATIONS: "none",
        RUN: "1 h 0 min · 0 restarts",
    }


def test_all_of_it_is_told() -> None:
    told = server_facts(
        figures(
            pictures_asked=12_480,
            picture_success=0.99996,
            response_p50_ms=4.2,
            response_p95_ms=11.0,
            response_p99_ms=40.6,
            client_errors=3,
            client_errors_per_hour=1.5,
            restarts=1,
        ),
        {"copy_area": 1, "get_image": 7, "other": 2, "dumpable": 1},
    )
    assert told == {
        DELIVERED: "99.9 % of 12,480",
        RESPONSES: "p50 4\u00a0ms · p95 11\u00a0ms · p99 41\u00a0ms",
        ERRORS: "3 · 1.5 an hour",
        VIOLATIONS: "get image 7 · other 2 · copy area 1 · 1 more",
        RUN: "1 h 0 min · 1 restart",
    }
    assert set(told) == set(SERVER_FACTS)


@given(asked=st.integers(1, 10**9), failed=st.integers(0, 10**9))
def test_a_hundred_per_cent_is_all_of_them(asked: int, failed: int) -> None:
    failed = min(failed, asked)
    told = server_facts(figures(pictures_asked=asked, picture_success=(asked - failed) / asked), {})[
        DELIVERED
    ]
    assert told.startswith("100 %") is (failed == 0)


@pytest.mark.parametrize("kinds", [{}, {"get_image": 1}])
def test_counts_by_kind_never_lose_one(kinds: dict[str, int]) -> None:
    assert ("1" in server_facts(figures(), kinds)[VIOLATIONS]) is bool(kinds)
