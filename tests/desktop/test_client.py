"""The client against the real server: sign-in, refresh, typed failures, view tokens, a wrong clock."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from desktop.client.address import Address
from desktop.client.api import Gallery
from desktop.client.errors import (
    Failure,
    KeyStoreAbsent,
    ServerOutage,
    ServerRejection,
    ServerUnreachable,
    SessionEnded,
    UnexpectedAnswer,
)
from desktop.client.key_store import KeyStore
from desktop.client.models import Picture
from desktop.client.session import Session
from desktop.client.transport import Transport
from desktop.client.view_tokens import OLD_AFTER, ViewTokens
from tests.conftest import NewServer
from tests.desktop.conftest import MACHINE, MemoryKeyring, address_of, no_key_store, run
from tests.support.server import PASSWORD, Server
from tests.support.tokens import ago, parts, signer


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def client(
    server: Server | Address,
    key_store: KeyStore | None = None,
    clock: Clock | None = None,
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    **transport: object,
) -> AsyncIterator[Gallery]:
    address = address_of(server) if isinstance(server, Server) else server
    carrier = Transport(address, **transport)  # type: ignore[arg-type]  # what a test wants of it
    session = Session(
        carrier, key_store or no_key_store(), MACHINE, clock=clock or Clock(), wall_clock=wall_clock
    )
    try:
        yield Gallery(carrier, session)
    finally:
        await carrier.close()


def test_sign_in_look_and_sign_out(server: Server) -> None:
    async def visit() -> None:
        async with client(server) as gallery:
            assert not (await gallery.test()).first_run
            signed_in = await gallery.sign_in("manager", PASSWORD)
            assert (signed_in.account.name, signed_in.account.role) == ("manager", "manager")
            assert (await gallery.health()).status
            await gallery.sign_out()
            with pytest.raises(SessionEnded):
                await gallery.health()

    run(visit())


def test_the_server_ends_the_session_that_signs_out(server: Server) -> None:
    async def visit() -> None:
        async with client(server) as gallery:
            token = (await gallery.sign_in("viewer", PASSWORD)).access_token
            await gallery.sign_out()
        answer = server.client().get("/session", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["code"] == "session_ended"

    run(visit())


def test_wrong_password_says_what_to_do(server: Server) -> None:
    async def visit() -> Failure:
        async with client(server) as gallery:
            with pytest.raises(ServerRejection) as refused:
                await gallery.sign_in("kiosk", "not this one")
            return refused.value

    failure = run(visit())
    assert failure.code == "wrong_credentials"
    assert failure.message
    assert failure.advice


def test_lock_out_says_for_how_long(own_server: Server) -> None:
    async def visit() -> Failure:
        async with client(own_server) as gallery:
            for _ in range(20):
                with pytest.raises(ServerRejection) as refused:
                    await gallery.sign_in("viewer", "not this one")
                if refused.value.code == "account_locked":
                    return refused.value
            raise AssertionError("never locked")

    failure = run(visit())
    assert failure.status == 423
    assert failure.retry_after is not None
    assert failure.retry_after > 0


def test_too_many_tries_say_for_how_long(new_server: NewServer) -> None:
    async def visit(server: Server) -> Failure:
        async with client(server) as gallery:
            for _ in range(4):
                with pytest.raises(ServerRejection) as refused:
                    await gallery.sign_in("nobody", "not this one")
            return refused.value

    with new_server(SIGN_IN_RATE="2/minute") as server:
        failure = run(visit(server))
    assert failure.status == 429
    assert failure.retry_after is not None


def test_tokens_are_refreshed_before_they_expire(server: Server) -> None:
    async def visit() -> None:
        clock = Clock()
        async with client(server, clock=clock) as gallery:
            before = await gallery.sign_in("viewer", PASSWORD)
            clock.now += before.expires_in - 10
            await asyncio.gather(*(gallery.health() for _ in range(8)))
            after = gallery.session.signed_in
            assert after is not None
            assert after.access_token != before.access_token
            assert after.viewing_session == before.viewing_session

    run(visit())


class Aged(httpx.AsyncBaseTransport):
    """The real network, but the first access token is one that the server signed an hour ago."""

    def __init__(self, root: Path) -> None:
        self._network = httpx.AsyncHTTPTransport()
        self._root = root
        self.refreshed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._network.handle_async_request(request)
        if request.url.path == "/api/session/refresh":
            self.refreshed += 1
        if request.url.path != "/api/session" or request.method != "POST":
            return answer
        body = json.loads(await answer.aread())
        _, claims, _ = parts(body["access_token"])
        old, _ = signer(self._root, ago(hours=1)).access(claims["sub"], claims["sid"])
        return httpx.Response(answer.status_code, json=body | {"access_token": old})

    async def aclose(self) -> None:
        await self._network.aclose()


def test_an_expired_token_is_refreshed_once_in_mid_use(server: Server) -> None:
    async def visit() -> None:
        network = Aged(server.data)
        async with client(server, carrier=network) as gallery:
            before = await gallery.sign_in("viewer", PASSWORD)
            await asyncio.gather(*(gallery.health() for _ in range(6)))
            after = gallery.session.signed_in
            assert after is not None
            assert after.viewing_session == before.viewing_session
            assert network.refreshed == 1

    run(visit())


def test_a_stolen_refresh_token_ends_the_session_and_the_way_on_is_to_sign_in(server: Server) -> None:
    async def visit() -> None:
        lost: list[Failure] = []
        transport = Transport(address_of(server))
        session = Session(transport, no_key_store(), MACHINE, clock=Clock(), on_lost=lost.append)
        gallery = Gallery(transport, session)
        signed_in = await gallery.sign_in("viewer", PASSWORD)
        stolen = {
            "refresh_token": signed_in.refresh_token,
            "machine": {"id": "x", "name": "x", "client": "cli"},
        }
        for _ in range(2):
            await transport_post(transport, stolen)
        with pytest.raises(SessionEnded):
            await gallery.health()
        assert session.signed_in is None
        assert len(lost) == 1
        await transport.close()

    async def transport_post(transport: Transport, body: object) -> None:
        with suppress(SessionEnded):
            await transport.request("POST", "/api/session/refresh", json=body)

    run(visit())


def test_keep_me_signed_in(server: Server) -> None:
    async def visit() -> None:
        ring = MemoryKeyring()
        store = KeyStore("gallery one", lambda: ring)
        async with client(server, store) as gallery:
            first = await gallery.sign_in("viewer", PASSWORD)
            await gallery.session.keep()
            assert ring.kept
        async with client(server, store) as gallery:
            again = await gallery.session.resume()
            assert again is not None
            assert again.account == first.account
            assert (await gallery.health()).services
        async with client(server, KeyStore("gallery two", lambda: ring)) as gallery:
            assert await gallery.session.resume() is None
        async with client(server, store) as gallery:
            await gallery.session.resume()
            await gallery.sign_out()
            assert not ring.kept

    run(visit())


def test_what_was_kept_and_is_no_longer_good_is_dropped(server: Server) -> None:
    async def visit() -> None:
        ring = MemoryKeyring()
        ring.set_password("vaultsecure", "gallery", '{"name": "viewer", "refresh_token": "of another time"}')
        async with client(server, KeyStore("gallery", lambda: ring)) as gallery:
            assert await gallery.session.resume() is None
        assert not ring.kept

    run(visit())


def test_without_a_key_store_nothing_is_kept_and_it_is_said(server: Server) -> None:
    async def visit() -> None:
        async with client(server) as gallery:
            await gallery.sign_in("viewer", PASSWORD)
            with pytest.raises(KeyStoreAbsent) as absent:
                await gallery.session.keep()
            assert absent.value.advice
            assert (await gallery.health()).services

    run(visit())


def test_a_wrong_clock_is_noticed(server: Server) -> None:
    async def visit(error: timedelta) -> bool:
        async with client(server, wall_clock=lambda: datetime.now(UTC) + error) as gallery:
            await gallery.test()
            return gallery.session.clock_is_wrong

    assert not run(visit(timedelta(seconds=5)))
    assert run(visit(timedelta(minutes=3)))
    assert run(visit(timedelta(minutes=-3)))


def test_without_the_launch_secret_nothing_is_learnt(server: Server) -> None:
    async def visit() -> Failure:
        async with client(Address(address_of(server).url)) as gallery:
            with pytest.raises(ServerRejection) as refused:
                await gallery.test()
            return refused.value

    assert run(visit()).status == 404


def test_nobody_answers() -> None:
    async def visit() -> Failure:
        async with client(Address("http://127.0.0.1:1"), patience=0.3) as gallery:
            with pytest.raises(ServerUnreachable) as refused:
                await gallery.test()
            return refused.value

    assert "restarted" in run(visit()).advice


def test_requests_wait_for_a_server_that_is_starting(server: Server) -> None:
    async def visit() -> None:
        transport = Transport()
        session = Session(transport, no_key_store(), MACHINE, clock=Clock())
        asked = asyncio.create_task(Gallery(transport, session).test())
        await asyncio.sleep(0.05)
        assert not asked.done()
        transport.move(address_of(server))
        assert (await asked).status == "ok"
        await transport.close()

    run(visit())


def answers(*given: httpx.Response | Exception) -> httpx.MockTransport:
    """Return a network that gives these answers, one after the other, and the last for ever."""
    left = list(given)

    def answer(request: httpx.Request) -> httpx.Response:
        next_one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(next_one, Exception):
            raise next_one
        return next_one

    return httpx.MockTransport(answer)


NOWHERE = Address("http://127.0.0.1:9")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_broken_connection_is_tried_again_where_that_is_safe(method: str) -> None:
    async def visit() -> int:
        network = answers(httpx.ReadError("gone"), httpx.Response(204))
        transport = Transport(NOWHERE, carrier=network)
        return (await transport.request(method, "/api/gallery")).status_code

    assert run(visit()) == 204


def test_a_broken_connection_is_not_tried_again_where_it_may_have_been_done() -> None:
    async def visit() -> None:
        network = answers(httpx.ReadError("gone"), httpx.Response(201))
        transport = Transport(NOWHERE, carrier=network)
        with pytest.raises(ServerUnreachable):
            await transport.request("POST", "/api/session", json={})

    run(visit())


def test_a_request_that_never_arrived_is_sent_again() -> None:
    async def visit() -> int:
        network = answers(httpx.ConnectError("not yet"), httpx.Response(201))
        return (
            await Transport(NOWHERE, carrier=network).request("POST", "/api/session", json={})
        ).status_code

    assert run(visit()) == 201


@pytest.mark.parametrize(
    ("answer", "family"),
    [
        (
            httpx.Response(
                503, json={"code": "storage_away"}, headers={"content-type": "application/problem+json"}
            ),
            ServerOutage,
        ),
        (httpx.Response(502, text="<html>"), ServerOutage),
        (httpx.Response(418, text="tea"), ServerRejection),
        (httpx.Response(401, json={"code": "token_invalid"}), SessionEnded),
        (httpx.Response(200, text="<html>a router's sign-in page"), UnexpectedAnswer),
        (httpx.Response(200, json={"status": 3}), UnexpectedAnswer),
        (httpx.Response(200, json=[1, 2]), UnexpectedAnswer),
    ],
)
def test_every_answer_becomes_a_typed_failure_with_advice(
    answer: httpx.Response, family: type[Failure]
) -> None:
    async def visit() -> Failure:
        async with client(NOWHERE, carrier=answers(answer)) as gallery:
            with pytest.raises(family) as refused:
                await gallery.test()
            return refused.value

    failure = run(visit())
    assert failure.message
    assert failure.advice


def test_view_tokens_are_fetched_together_and_anew_when_old() -> None:
    async def visit() -> None:
        batches: list[list[str]] = []

        async def fetch(ids: object) -> dict[str, str]:
            batches.append(list(ids))  # type: ignore[call-overload]  # a sequence of ids
            return {name: f"{name}-{len(batches)}" for name in batches[-1] if name != "gone"}

        clock = Clock()
        tokens = ViewTokens(fetch, clock)
        tokens.remember([("a", "a-0"), ("b", None)])
        assert await tokens.token("a") == "a-0"
        assert batches == []
        assert await asyncio.gather(*map(tokens.token, "bcb")) == ["b-1", "c-1", "b-1"]
        assert batches == [["b", "c"]]
        clock.now += OLD_AFTER + 1
        assert await tokens.token("a") == "a-2"
        with pytest.raises(ServerRejection):
            await tokens.token("gone")
        tokens.forget()
        assert await tokens.token("a") == "a-4"

    run(visit())


def test_one_view_token_that_is_no_longer_wanted_does_not_keep_the_others_waiting() -> None:
    async def visit() -> None:
        let_go = asyncio.Event()

        async def fetch(ids: object) -> dict[str, str]:
            await let_go.wait()
            return {"a": "token a", "b": "token b"}

        tokens = ViewTokens(fetch, Clock())
        first, second = asyncio.create_task(tokens.token("a")), asyncio.create_task(tokens.token("b"))
        await asyncio.sleep(0.05)
        first.cancel()
        let_go.set()
        assert await second == "token b"

    run(visit())


def test_a_model_reads_what_it_knows_and_refuses_what_it_cannot() -> None:
    good = {
        "id": "1", "name": "a.jpg", "title": None, "folder": "x", "width": 3, "height": 2,
        "sort_at": "2026-11-23T09:40:32.905Z", "taken_at": None, "taken_local": None,
        "added_at": "2026-11-23T09:40:32Z", "format": "JPEG", "bytes": 5, "colour": "#102030", "rating": 0,
        "flag": None, "favourite": False, "camera_name": None, "level": "guarded", "view_token": "t",
        "costs_view": False, "a field of a newer server": 1,
    }  # fmt: skip
    assert Picture.read(good).sort_at == datetime(2026, 11, 23, 9, 40, 32, 905_000, tzinfo=UTC)
    for broken in (
        {"width": "3"},
        {"favourite": 0},
        {"sort_at": "yesterday"},
        {"id": None},
        {"rating": True},
    ):
        with pytest.raises(UnexpectedAnswer):
            Picture.read(good | broken)
