"""Recordings over `/ws`: acknowledged when committed, resumed without loss or double entry, never a flood."""

import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from tests.support.people import add_people
from tests.support.recordings import begun, item, items, screenshot, stored
from tests.support.reports import report
from tests.support.server import Client, Server, launch
from tests.support.socket import Socket, listening, opened
from tests.support.waiting import until


def token(client: Client) -> str:
    return str(client.session["access_token"])


def told(socket: Socket, *kinds: str) -> dict[str, Any]:
    """Return the next frame of one of these types; events and others may come before it."""
    while (frame := socket.hear())["type"] not in kinds:
        pass
    return frame


def acknowledged(socket: Socket, up_to: int) -> int:
    """Wait for the acknowledgement of a sequence; return how many were new on the way."""
    new = 0
    while True:
        frame = told(socket, "acknowledged")
        new += int(frame["new"])
        if frame["sequence"] >= up_to:
            return new


@contextmanager
def recording(server: Server, client: Client, **start: Any) -> Iterator[tuple[Socket, dict[str, Any]]]:
    with listening(server, token(client)) as (socket, _):
        socket.send({"type": "session_start", **start})
        yield socket, told(socket, "session_started")


def data_frame(first: int, last: int) -> dict[str, Any]:
    return {"type": "interaction_data", "items": items(first, last)}


def test_a_sitting_from_its_start_to_its_end(server: Server) -> None:
    viewer = server.signed_in("viewer")
    with recording(server, viewer, context={"app": "test"}) as (socket, started):
        assert started["acknowledged"] == 0
        socket.send(data_frame(1, 40))
        socket.send(data_frame(41, 60))
        assert acknowledged(socket, 60) == 60
        shot = screenshot(sequence=60)
        socket.send({"type": "screenshot_data", **shot})
        assert told(socket, "acknowledged") == {"type": "acknowledged", "screenshot": shot["id"]}
        socket.send({"type": "session_end"})
        ended = told(socket, "session_ended")
    assert (ended["interactions"], ended["screenshots"], ended["acknowledged"]) == (60, 1, 60)
    kept = viewer.get(f"/sessions/{started['recording_id']}").json()
    assert (kept["archived"], kept["end_reason"], kept["context"]) == (True, "ended", {"app": "test"})
    assert stored(viewer, kept["id"]) == list(range(1, 61))


def test_a_broken_connection_is_gone_on_with(server: Server) -> None:
    viewer = server.signed_in("viewer")
    with recording(server, viewer) as (socket, started):
        socket.send(data_frame(1, 10))
        acknowledged(socket, 10)
        socket.send(data_frame(11, 20))  # and nobody waits for its acknowledgement
    with recording(server, viewer, recording_id=started["recording_id"]) as (socket, resumed):
        assert resumed["acknowledged"] in (10, 20)
        socket.send(data_frame(11, 30))
        acknowledged(socket, 30)
    assert stored(viewer, started["recording_id"]) == list(range(1, 31))


def test_one_that_began_over_http_is_gone_on_with_and_another_begun_in_turn(server: Server) -> None:
    viewer = server.signed_in("viewer")
    first = begun(viewer)
    with recording(server, viewer, recording_id=first) as (socket, _):
        socket.send(data_frame(1, 3))
        acknowledged(socket, 3)
        socket.send({"type": "session_end"})
        told(socket, "session_ended")
        socket.send({"type": "session_start"})
        second = told(socket, "session_started")["recording_id"]
        socket.send(data_frame(1, 2))
        acknowledged(socket, 2)
    assert (stored(viewer, first), stored(viewer, second)) == ([1, 2, 3], [1, 2])


def test_events_come_between(server: Server) -> None:
    admin = server.signed_in("admin")
    with recording(server, admin) as (socket, _):
        admin.post("/violations", json=report(evidence=None))
        socket.send(data_frame(1, 5))
        kinds: set[str] = set()
        while not {"event", "acknowledged"} <= kinds:
            kinds.add(socket.hear()["type"])


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (data_frame(1, 1), "recording_not_begun"),
        ({"type": "session_end"}, "recording_not_begun"),
        ({"type": "screenshot_data", **screenshot()}, "recording_not_begun"),
        ({"type": "session_start", "recording_id": "0" * 32}, "recording_not_found"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else value,
)
def test_a_refusal_is_told_and_the_connection_stays(server: Server, frame: dict[str, Any], code: str) -> None:
    viewer = server.signed_in("viewer")
    with listening(server, token(viewer)) as (socket, _):
        socket.send(frame)
        refused = told(socket, "refused")
        assert (refused["code"], refused["to"]) == (code, frame["type"])
        assert refused["advice"].endswith(".")
        socket.send({"type": "session_start"})
        told(socket, "session_started")


def test_nobody_resumes_somebody_elses_and_an_auditor_records_nothing(server: Server) -> None:
    mine = begun(server.signed_in("viewer"))
    for role, code in (("viewer", "recording_not_found"), ("auditor", "not_allowed")):
        with listening(server, token(server.signed_in(role))) as (socket, _):
            socket.send({"type": "session_start", "recording_id": mine})
            assert told(socket, "refused")["code"] == code


def test_an_ended_recording_and_a_gap_are_told_of(server: Server) -> None:
    viewer = server.signed_in("viewer")
    with recording(server, viewer) as (socket, started):
        socket.send(data_frame(5, 6))
        assert told(socket, "acknowledged") == {"type": "acknowledged", "sequence": 0, "new": 2}
        socket.send({"type": "interaction_data", "items": [item(20_000)]})
        assert told(socket, "refused")["code"] == "sequence_too_far"
        viewer.post(f"/sessions/{started['recording_id']}/end")
        socket.send(data_frame(7, 8))
        assert told(socket, "refused")["code"] == "recording_ended"
        socket.send({"type": "session_start", "recording_id": started["recording_id"]})
        assert told(socket, "refused")["code"] == "recording_ended"


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "interaction_data", "items": []},
        {"type": "interaction_data", "items": [item(0)]},
        {"type": "interaction_data", "items": items(1, 501)},
        {"type": "interaction_data", "items": items(1, 1), "more": 1},
        {"type": "session_start", "recording_id": "../x"},
        {"type": "session_start", "context": {"n": {}}},
        {"type": "session_end", "recording_id": "0" * 32},
        {"type": "other"},
        {"type": ["session_end"]},
        {"type": "screenshot_data", **screenshot(), "content": "A" * (400 * 1024)},
        {"type": "screenshot_data", **screenshot(), "content": "A" * (600 * 1024)},
        {"type": "session_start", "context": {f"k{n}": "\\" * 256 for n in range(16)}, "x": " " * 20_000},
        [1, 2],
    ],
    # Said here: what is drawn at random has another name in each process of the test run.
    ids=[
        "no items",
        "sequence 0",
        "too many items",
        "an unknown field",
        "a recording that is a path",
        "nested context",
        "a recording of nobody",
        "an unknown type",
        "a list for a type",
        "a large screenshot",
        "too large a screenshot",
        "a long context",
        "no object",
    ],
)
def test_what_is_no_frame_ends_the_connection(server: Server, frame: Any) -> None:
    viewer = server.signed_in("viewer")
    with listening(server, token(viewer)) as (socket, _):
        socket.send(frame)
        code, reason = socket.closed()
    assert code == 4400
    assert reason
    assert "AAAA" not in reason


def test_without_authentication_nothing_is_taken(server: Server) -> None:
    for frame in ({"type": "session_start"}, data_frame(1, 1)):
        with opened(server) as socket:
            socket.send(frame)
            assert socket.closed() == (4400, "not an authenticate frame")
    with opened(server) as socket:
        socket.send({"type": "authenticate", "api_key": "vsk_" + "x" * 40})
        assert socket.closed()[0] == 4401
    with opened(server) as socket:
        socket.send({"type": "authenticate", "api_key": "x", "access_token": "y"})
        assert socket.closed()[0] == 4400


def heard_out(socket: Socket, heard: list[dict[str, Any]]) -> Close:
    """Hear everything to the end of the connection and return how it was closed."""
    try:
        while True:
            heard.append(json.loads(socket.connection.recv(timeout=60)))
    except ConnectionClosed as closed:
        reason = closed.rcvd
    assert reason is not None
    return reason


def sent_until_closed(socket: Socket, text: str, at_most: int) -> int:
    """Send the same text again and again; return how often it was taken."""
    for count in range(at_most):
        try:
            socket.connection.send(text)
        except ConnectionClosed:
            return count
    return at_most


def key(client: Client, *scopes: str) -> str:
    body = {"name": "a program", "scopes": scopes, "expires_in_days": 1}
    return str(client.post("/api-keys", json=body).json()["key"])


def test_a_program_records_with_a_key_that_is_meant_for_it(own_server: Server) -> None:
    admin = own_server.signed_in("admin")
    may, may_not = key(admin, "records:write"), key(admin, "pictures:read")
    for text, kind in ((may, "session_started"), (may_not, "refused")):
        with opened(own_server) as socket:
            socket.send({"type": "authenticate", "api_key": text})
            told(socket, "authentication_success")
            socket.send({"type": "session_start"})
            answer = told(socket, "session_started", "refused")
            assert answer["type"] == kind
    assert answer["code"] == "scope_missing"


def test_who_floods_is_slowed_and_then_sent_away_and_nothing_piles_up(own_server: Server) -> None:
    viewer = own_server.signed_in("viewer")
    process = psutil.Process(own_server.process.pid)
    # The same sequences again and again: what is dear is the frame, not the row.
    text = json.dumps(data_frame(1, 100)) + " " * 60_000
    with recording(own_server, viewer) as (socket, started), ThreadPoolExecutor(1) as pool:
        before = process.memory_info().rss
        closing_of = pool.submit(heard_out, socket, [])
        count = sent_until_closed(socket, text, 4000)
        closed = closing_of.result(60)
        grown = process.memory_info().rss - before
    assert (closed.code, closed.reason[:14]) == (4429, "sends too much")
    assert count < 1000
    assert grown < 64 << 20
    assert stored(viewer, started["recording_id"]) == list(range(1, 101))


def test_while_the_catalogue_is_held_nothing_is_acknowledged_and_then_it_is_asked_again(
    own_server: Server,
) -> None:
    viewer = own_server.signed_in("viewer")
    with recording(own_server, viewer) as (socket, started):
        socket.send(data_frame(1, 5))
        acknowledged(socket, 5)
        with closing(sqlite3.connect(own_server.data / "catalogue.db", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            socket.send(data_frame(6, 10))
            heard: list[dict[str, Any]] = []
            closed = heard_out(socket, heard)
            holder.execute("ROLLBACK")
    assert (closed.code, closed.reason) == (4408, "catalogue_busy")
    assert not [frame for frame in heard if frame["type"] == "acknowledged"]
    with recording(own_server, viewer, recording_id=started["recording_id"]) as (socket, resumed):
        assert resumed["acknowledged"] == 5
        socket.send(data_frame(6, 10))
        acknowledged(socket, 10)
    assert stored(viewer, started["recording_id"]) == list(range(1, 11))


def killed(server: Server) -> None:
    family = psutil.Process(server.process.pid).children(recursive=True)
    server.process.kill()
    server.process.wait()
    psutil.wait_procs(family, 20)
    server.stop()


def again(data: Path) -> Server:
    """Start a server; one whose predecessor was just killed may find its lock for another moment."""

    def started() -> Server | None:
        server, word = launch(data)
        assert server is not None or word["code"] == "already_running", word
        return server

    server = until(started, "the server")
    assert server is not None
    return server


def test_kill_9_in_mid_stream_loses_nothing_that_was_acknowledged_and_doubles_nothing(data_dir: Path) -> None:
    """A client that keeps what is not acknowledged, and a server that dies under it three times."""
    chance, last = random.Random(20261123), 3000
    add_people(data_dir)
    server = again(data_dir)
    viewer = server.signed_in("viewer")
    session, highest = viewer.session, 0
    start: dict[str, str] = {}
    for life in range(4):
        dies_at = last if life == 3 else min(last, highest + chance.randint(60, 600))
        client = server.client().carry(session)
        with recording(server, client, **start) as (socket, started):
            recording_id = start["recording_id"] = started["recording_id"]
            assert started["acknowledged"] >= highest, "what was acknowledged is lost"
            following = started["acknowledged"] + 1
            sender = threading.Thread(target=send_on, args=(socket, following, last, chance.random()))
            sender.start()
            while highest < dies_at:
                highest = max(highest, told(socket, "acknowledged")["sequence"])
            if life < 3:
                killed(server)
            sender.join(60)
        if life < 3:
            server = again(data_dir)
    client = server.client().carry(session)
    assert stored(client, str(recording_id)) == list(range(1, last + 1))
    assert client.post(f"/sessions/{recording_id}/end").json()["interactions"] == last
    assert stored(client, str(recording_id)) == list(range(1, last + 1))
    assert server.stop() == 0


def send_on(socket: Socket, first: int, last: int, seed: float) -> None:
    """Send everything that is left in frames of odd sizes, until the connection breaks."""
    chance = random.Random(seed)
    while first <= last:
        until_one = min(last, first + chance.randint(0, 25))
        try:
            socket.send(data_frame(first, until_one))
        except ConnectionClosed:
            return
        first = until_one + 1
        time.sleep(0.005)
