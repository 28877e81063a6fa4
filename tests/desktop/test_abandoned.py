"""Requests that nobody waits for any more, as a grid that is scrolled fast makes them by the hundred."""

import asyncio
import random
from contextlib import suppress

import httpx

from desktop.client.address import Address
from desktop.client.transport import AT_ONCE, Transport
from tests.desktop.conftest import address_of, run
from tests.support.server import Server

NOWHERE = Address("http://127.0.0.1:9", "x" * 43)


def test_hundreds_of_them_leave_the_way_free(server: Server) -> None:
    chance = random.Random(5)

    async def scroll() -> None:
        transport = Transport(address_of(server))
        for _ in range(40):
            asked = [asyncio.create_task(transport.request("GET", "/api/test")) for _ in range(40)]
            await asyncio.sleep(chance.uniform(0, 0.02))
            for task in asked:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*asked)
        async with asyncio.timeout(10):
            assert (await transport.request("GET", "/api/test")).is_success
        await transport.close()

    run(scroll())


def test_one_that_was_not_sent_never_is_and_one_that_was_is_heard_to_its_end() -> None:
    arrived: list[str] = []
    heard: list[str] = []

    async def crawl() -> None:
        full, let_go = asyncio.Event(), asyncio.Event()

        async def answer(request: httpx.Request) -> httpx.Response:
            arrived.append(request.url.path)
            if len(arrived) == AT_ONCE:
                full.set()
            await let_go.wait()
            heard.append(request.url.path)
            return httpx.Response(200)

        transport = Transport(NOWHERE, carrier=httpx.MockTransport(answer))
        asked = [asyncio.create_task(transport.request("GET", f"/{number}")) for number in range(AT_ONCE + 1)]
        await full.wait()
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        let_go.set()
        assert (await transport.request("GET", "/wanted")).is_success
        await transport.close()

    run(crawl())
    sent = [f"/{number}" for number in range(AT_ONCE)]
    assert arrived == [*sent, "/wanted"]
    assert set(sent) <= set(heard)


def test_the_end_does_not_wait_for_them() -> None:
    async def leave() -> None:
        async def answer(_request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError("nobody sets the event")

        transport = Transport(NOWHERE, carrier=httpx.MockTransport(answer))
        asked = asyncio.create_task(transport.request("GET", "/slow"))
        await asyncio.sleep(0.01)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        async with asyncio.timeout(5):
            await transport.close()

    run(leave())
