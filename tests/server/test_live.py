"""The live events over a real WebSocket: who hears what, resuming, and every way it ends."""

import json
from datetime import datetime
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.reports import report
from tests.support.server import MACHINE, Client, Server
from tests.support.socket import listening, opened


def token(client: Client) -> str:
    return str(client.session["access_token"])


def tell(client: Client) -> str:
    """Cause one `violation` event; return the id of its report."""
    body = report(evidence=None)
    assert client.post("/violations", json=body).status_code == 201
    return str(body["id"])


def test_staff_hear_of_an_attempt_at_once(server: Server) -> None:
    viewer, admin = server.signed_in("viewer"), server.signed_in("admin")
    with listening(server, token(admin)) as (socket, greeting):
        assert (greeting["type"], greeting["complete"]) == ("authentication_success", True)
        identifier = tell(viewer)
        while (event := socket.hear_event("violation"))["data"]["violation"] != identifier:
            pass
    assert event["type"] == "event"
    assert event["sequence"] > greeting["sequence"]
    assert datetime.fromisoformat(event["time"]).tzinfo is not None
    assert event["data"]["account"] == "viewer"
    assert event["data"]["culprit"]["name"] == "scrot"


@pytest.mark.parametrize("role", ["viewer", "kiosk"])
def test_others_hear_neither_of_attempts_nor_of_the_ends_of_others(own_server: Server, role: str) -> None:
    listener, viewer = own_server.signed_in(role), own_server.signed_in("viewer")
    with listening(own_server, token(listener)) as (socket, _):
        tell(viewer)
        viewer.delete("/session")
        listener.delete("/session")
        heard = [socket.hear()]
        while heard[-1]["kind"] != "session_ended":
            heard.append(socket.hear())
    # On a busy machine a part may just be said to be late.
    assert {event["kind"] for event in heard[:-1]} <= {"service_state"}
    first = heard[-1]
    assert first["data"]["viewing_session_id"] == listener.session["viewing_session"]["id"]


def test_a_client_that_comes_back_hears_what_it_missed_once_and_in_order(own_server: Server) -> None:
    viewer, admin = own_server.signed_in("viewer"), own_server.signed_in("admin")
    with listening(own_server, token(admin)) as (socket, _):
        tell(viewer)
        last = socket.hear_event("violation")["sequence"]
    missed = [tell(viewer) for _ in range(20)]
    with listening(own_server, token(admin), resume=last) as (socket, greeting):
        missed.append(tell(viewer))
        heard = [socket.hear_event("violation") for _ in missed]
    assert greeting["complete"] is True
    assert [event["data"]["violation"] for event in heard] == missed
    sequences = [event["sequence"] for event in heard]
    assert sequences == sorted(set(sequences))


def test_a_client_that_knows_of_events_that_never_were_is_told_so(server: Server) -> None:
    admin = server.signed_in("admin")
    with listening(server, token(admin), resume=10**9) as (_, greeting):
        assert greeting["complete"] is False


def test_signing_out_ends_the_socket(server: Server) -> None:
    viewer = server.signed_in("viewer")
    with listening(server, token(viewer)) as (socket, _):
        viewer.delete("/session")
        assert socket.closed() == (4403, "session ended")


def test_a_fresh_token_of_the_same_session_goes_on(server: Server) -> None:
    admin, viewer = server.signed_in("admin"), server.signed_in("viewer")
    body = {"refresh_token": admin.session["refresh_token"], "machine": MACHINE}
    with listening(server, token(admin)) as (socket, _):
        fresh = server.client().post("/session/refresh", json=body).json()["access_token"]
        socket.send({"type": "authenticate", "access_token": fresh})
        identifier = tell(viewer)
        assert socket.hear_event("violation")["data"]["violation"] == identifier


def test_a_token_of_another_session_ends_the_socket(server: Server) -> None:
    admin, viewer = server.signed_in("admin"), server.signed_in("viewer")
    with listening(server, token(viewer)) as (socket, _):
        socket.send({"type": "authenticate", "access_token": token(admin)})
        assert socket.closed() == (4401, "token of another session")


@pytest.mark.parametrize(
    "frame",
    [
        "no JSON",
        "[]",
        "null",
        "{}",
        json.dumps({"type": "authenticate"}),
        json.dumps({"type": "hello", "access_token": "x"}),
        json.dumps({"type": "authenticate", "access_token": 5}),
        json.dumps({"type": "authenticate", "access_token": "x", "resume": "7"}),
        json.dumps({"type": "authenticate", "access_token": "x", "resume": True}),
        json.dumps({"type": "authenticate", "access_token": "x", "resume": -1}),
        json.dumps({"type": "authenticate", "access_token": "x", "resume": 2**80}),
        "[" * 10_000,
        json.dumps({"type": "authenticate", "access_token": "x" * 20_000}),
        b"\x00\x01",
    ],
    ids=lambda frame: str(frame)[:24],
)
def test_a_first_frame_that_is_no_authentication_ends_the_socket(server: Server, frame: str | bytes) -> None:
    with opened(server) as socket:
        socket.connection.send(frame)
        code, _ = socket.closed()
    assert code == 4400


def test_a_token_that_is_none_ends_the_socket(server: Server) -> None:
    with opened(server) as socket:
        socket.send({"type": "authenticate", "access_token": "eyJhbGciOiJub25lIn0.e30."})
        assert socket.closed() == (4401, "token_invalid")


def test_a_session_that_has_ended_opens_no_socket(server: Server) -> None:
    viewer = server.signed_in("viewer")
    viewer.delete("/session")
    with opened(server) as socket:
        socket.send({"type": "authenticate", "access_token": token(viewer)})
        assert socket.closed() == (4403, "session_ended")


def test_who_says_nothing_is_sent_away(server: Server) -> None:
    with opened(server) as socket:
        assert socket.closed() == (4401, "no authentication within 5 s")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"X-Launch-Secret": "wrong" * 9}, 404),
        ({"Origin": "https://elsewhere.example"}, 403),
    ],
)
def test_strangers_get_no_socket(server: Server, headers: dict[str, Any], status: int) -> None:
    if "Origin" in headers:
        headers = {**headers, "X-Launch-Secret": server.secret}
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://127.0.0.1:{server.port}/ws", additional_headers=headers, proxy=None),
    ):
        pass
    assert refused.value.response.status_code == status
