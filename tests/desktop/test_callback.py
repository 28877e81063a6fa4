"""The loopback address that a browser comes back to: for one sign-in, once, and deaf to everything else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from desktop.client.callback import AT_ONCE, Callback, listening
from desktop.client.errors import Failure, Rejection
from desktop.client.organisation import may_be_shown
from tests.desktop.conftest import run

STATE = "the state of this sign-in"


@asynccontextmanager
async def waiting(
    patience: float = 20,
) -> AsyncIterator[tuple[Callback, "asyncio.Task[str]", httpx.AsyncClient]]:
    """Listen, and wait for a code meanwhile."""
    async with listening() as callback, httpx.AsyncClient(trust_env=False) as browser:
        task = asyncio.create_task(callback.code(STATE, patience))
        await asyncio.sleep(0)
        try:
            yield callback, task, browser
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, Failure):
                await task


def test_the_code_of_the_right_state_is_taken_once() -> None:
    async def visit() -> None:
        async with waiting() as (callback, task, browser):
            answer = await browser.get(callback.redirect_uri, params={"state": STATE, "code": "c0de"})
            assert answer.status_code == 200
            assert "You can close this window" in answer.text
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
            assert await task == "c0de"
            again = await browser.get(callback.redirect_uri, params={"state": STATE, "code": "other"})
            assert again.status_code == 404
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(trust_env=False) as late:
                await late.get(callback.redirect_uri)

    run(visit())


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "?state=another&code=c", {}),
        ("GET", "?code=c", {}),
        ("GET", f"?state={STATE}&state={STATE}&code=c", {}),
        ("GET", f"?state={STATE}%00&code=c", {}),
        ("POST", f"?state={STATE}&code=c", {}),
        ("GET", f"/more?state={STATE}&code=c", {}),
        ("GET", f"?state={STATE}&code=c", {"Host": "evil.example"}),
        ("GET", f"?state={STATE}&code=c", {"Host": "127.0.0.1"}),
        ("GET", "<script>", {}),
    ],
)
def test_what_is_not_the_providers_redirect_changes_nothing(
    method: str, path: str, headers: dict[str, str]
) -> None:
    async def visit() -> None:
        async with waiting() as (callback, task, browser):
            answer = await browser.request(method, callback.redirect_uri + path, headers=headers)
            assert answer.status_code == 404
            assert "script" not in answer.text
            assert not task.done()
            await browser.get(callback.redirect_uri, params={"state": STATE, "code": "c0de"})
            assert await task == "c0de"

    run(visit())


def test_before_the_state_is_known_nothing_is_taken() -> None:
    async def visit() -> None:
        async with listening() as callback, httpx.AsyncClient(trust_env=False) as browser:
            for state in ("", "None"):
                answer = await browser.get(callback.redirect_uri, params={"state": state, "code": "c"})
                assert answer.status_code == 404

    run(visit())


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"error": "access_denied"}, "organisation_denied"),
        ({"error": "server_error", "error_description": "<b>"}, "organisation_failed"),
        ({"error": "access_denied", "code": "c"}, "organisation_denied"),
        ({"code": ""}, "organisation_failed"),
        ({"code": "c" * 5000}, "organisation_failed"),
        ({}, "organisation_failed"),
    ],
)
def test_a_refusal_of_the_provider_is_told(params: dict[str, str], code: str) -> None:
    async def visit() -> None:
        async with waiting() as (callback, task, browser):
            await browser.get(callback.redirect_uri, params={"state": STATE, **params})
            with pytest.raises(Rejection) as rejection:
                await task
            assert rejection.value.code == code

    run(visit())


def test_nobody_is_waited_for_for_ever() -> None:
    async def visit() -> None:
        async with waiting(patience=0.01) as (_, task, _browser):
            with pytest.raises(Rejection) as rejection:
                await task
            assert rejection.value.code == "organisation_timeout"

    run(visit())


def test_those_who_say_nothing_or_too_much_keep_nobody_out() -> None:
    async def visit() -> None:
        async with waiting() as (callback, task, browser):
            port = int(callback.redirect_uri.split(":")[2].split("/")[0])
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(AT_ONCE // 2)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionError):
                writer.write(b"GET /callback HTTP/1.1\r\nX: " + b"a" * 100_000)
                await writer.drain()
                assert await reader.read() == b""
            await browser.get(callback.redirect_uri, params={"state": STATE, "code": "c0de"})
            assert await task == "c0de"
            for _, each in [*silent, (reader, writer)]:
                each.close()
                with suppress(ConnectionError):
                    await each.wait_closed()

    run(visit())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://accounts.example/authorize?x=1", True),
        ("http://127.0.0.1:4000/authorize", True),
        ("http://accounts.example/authorize", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("https://user@accounts.example/", False),
        ("https:///authorize", False),
        ("https://accounts.example/a b", False),
        ("https://[", False),
        ("smb://accounts.example/share", False),
    ],
)
def test_only_the_web_is_shown_in_a_browser(url: str, shown: bool) -> None:
    assert may_be_shown(url) is shown
