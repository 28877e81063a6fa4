"""Whom a request comes from: what trusted proxies append is believed, what anybody wrote is not."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.web.proxies import Proxies

TRUSTED = ("10.0.0.0/8", "fd00::/8")
PROXY = "10.0.0.1"
STRANGER = "203.0.113.9"


def seen(peer: str | None, *headers: tuple[str, str], trusted: Sequence[str] = TRUSTED) -> tuple[str, str]:
    """Return address and scheme that the application sees."""
    scopes: list[dict[str, Any]] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        scopes.append(scope)

    scope = {
        "type": "http",
        "scheme": "http",
        "client": None if peer is None else (peer, 4711),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }
    asyncio.run(Proxies(application, trusted=trusted)(scope, None, None))  # type: ignore[arg-type]  # unused
    client = scopes[0]["client"]
    return ("" if client is None else client[0]), scopes[0]["scheme"]


def xff(value: str) -> tuple[str, str]:
    return "X-Forwarded-For", value


def forwarded(value: str) -> tuple[str, str]:
    return "Forwarded", value


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([], PROXY),
        ([xff("198.51.100.7")], "198.51.100.7"),
        ([xff("1.2.3.4, 198.51.100.7")], "198.51.100.7"),
        ([xff("1.2.3.4, 198.51.100.7, 10.0.0.2")], "198.51.100.7"),
        ([xff("1.2.3.4"), xff("198.51.100.7")], "198.51.100.7"),
        ([xff("10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        ([xff("198.51.100.7:51234")], "198.51.100.7"),
        ([xff("[2001:db8::7]:51234")], "2001:db8::7"),
        ([xff("2001:db8::7, fd00::2")], "2001:db8::7"),
        ([xff("::ffff:198.51.100.7")], "198.51.100.7"),
        ([xff("198.51.100.7, ")], PROXY),
        ([xff("198.51.100.7, unknown")], PROXY),
        ([xff("198.51.100.7, unknown, 10.0.0.2")], "10.0.0.2"),
        ([xff("' OR 1=1")], PROXY),
        ([forwarded("for=198.51.100.7")], "198.51.100.7"),
        ([forwarded('for=1.2.3.4, For="[2001:db8::7]:4711";proto=https;by=10.0.0.1')], "2001:db8::7"),
        ([forwarded("for=198.51.100.7, for=_hidden")], PROXY),
        ([forwarded('for=1.2.3.4;x=", for=198.51.100.7')], PROXY),
        ([forwarded("proto=https")], PROXY),
        ([xff("198.51.100.7"), forwarded("for=198.51.100.7")], "198.51.100.7"),
        # The one of the two that the proxy does not write is the client's own invention.
        ([xff("198.51.100.7"), forwarded("for=1.2.3.4")], PROXY),
        ([xff("198.51.100.7"), forwarded("for=10.0.0.9")], PROXY),
    ],
)
def test_the_right_most_that_is_no_trusted_proxy(headers: list[tuple[str, str]], address: str) -> None:
    assert seen(PROXY, *headers)[0] == address


@pytest.mark.parametrize("peer", [STRANGER, "not an address", "", None, "11.0.0.1"])
def test_nobody_else_is_believed(peer: str | None) -> None:
    headers = [xff("198.51.100.7"), forwarded("for=198.51.100.7;proto=https"), ("X-Forwarded-Proto", "https")]
    assert seen(peer, *headers) == (peer or "", "http")
    assert seen(PROXY, *headers, trusted=()) == (PROXY, "http")


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        ([("X-Forwarded-Proto", "https")], "https"),
        ([("X-Forwarded-Proto", "http, https")], "https"),
        ([("X-Forwarded-Proto", "https, http")], "http"),
        ([("X-Forwarded-Proto", "javascript")], "http"),
        ([forwarded("proto=https")], "https"),
        ([forwarded("proto=https"), ("X-Forwarded-Proto", "http")], "http"),
    ],
)
def test_the_scheme_is_the_nearest_proxys(headers: list[tuple[str, str]], scheme: str) -> None:
    assert seen(PROXY, *headers)[1] == scheme


text = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=80)


@given(text)
def test_whatever_a_client_writes_before_it_the_proxys_own_word_counts(invented: str) -> None:
    assert seen(PROXY, xff(f"{invented}, {STRANGER}"))[0] == STRANGER


@given(text)
def test_no_invention_in_forwarded_passes_for_an_address(invented: str) -> None:
    assert seen(PROXY, forwarded(f"{invented}, for={STRANGER}"))[0] in (STRANGER, PROXY)
