"""Signing in, refreshing and signing out, over HTTP."""

from collections.abc import Mapping

from tests.support.server import MACHINE, PASSWORD, Client, Server


def test_a_session_describes_who_is_signed_in(people: Mapping[str, Client]) -> None:
    answer = people["viewer"].get("/session")
    assert answer.status_code == 200
    body = answer.json()
    assert body["account"]["name"] == "viewer"
    assert body["account"]["role"] == "viewer"
    assert body["viewing_session"] == people["viewer"].session["viewing_session"]
    assert body["server_time"].endswith("Z")
    assert body["default_level"] == "guarded"


def test_a_wrong_password_and_an_unknown_name_are_told_alike(server: Server) -> None:
    client = server.client()
    wrong = client.post("/session", json={"name": "manager", "password": "no", "machine": MACHINE})
    unknown = client.post("/session", json={"name": "nobody", "password": PASSWORD, "machine": MACHINE})
    assert wrong.status_code == unknown.status_code == 401
    told = [
        {key: value for key, value in answer.json().items() if key != "request_id"}
        for answer in (wrong, unknown)
    ]
    assert told[0] == told[1]
    assert told[0]["code"] == "wrong_credentials"
