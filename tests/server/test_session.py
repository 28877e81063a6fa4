"""Signing in, refreshing and signing out, over HTTP."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.server import MACHINE, PASSWORD, Client, Server, command


def sign_in(client: Client, name: str, password: str = PASSWORD, **machine: str) -> httpx.Response:
    body = {"name": name, "password": password, "machine": {**MACHINE, **machine}}
    return client.post("/session", json=body)


def refresh(client: Client, token: str, **machine: str) -> httpx.Response:
    return client.post("/session/refresh", json={"refresh_token": token, "machine": {**MACHINE, **machine}})


def told(answer: httpx.Response) -> dict[str, Any]:
    return {key: value for key, value in answer.json().items() if key != "request_id"}


def test_a_session_describes_who_is_signed_in(people: Mapping[str, Client]) -> None:
    answer = people["viewer"].get("/session")
    assert answer.status_code == 200
    body = answer.json()
    assert body["account"] == people["viewer"].session["account"]
    assert body["account"]["role"] == "viewer"
    assert body["viewing_session"] == people["viewer"].session["viewing_session"]
    assert body["server_time"].endswith("Z")
    assert body["default_level"] == "guarded"


def test_every_sign_in_has_a_mark_of_its_own(server: Server) -> None:
    first, second = (sign_in(server.client(), "viewer").json()["viewing_session"] for _ in range(2))
    assert first["id"] != second["id"]
    assert first["mark_id"] != second["mark_id"]


def test_names_are_known_in_any_case_and_width(server: Server) -> None:
    assert sign_in(server.client(), "  VIEWER ").json()["account"]["name"] == "viewer"
    assert sign_in(server.client(), "ｖｉｅｗｅｒ").status_code == 201


def test_a_wrong_password_and_an_unknown_name_are_told_alike(server: Server) -> None:
    client = server.client()
    wrong, unknown = sign_in(client, "manager", "no"), sign_in(client, "nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert told(wrong) == told(unknown)
    assert told(wrong)["code"] == "wrong_credentials"
    assert sign_in(client, "manager").status_code == 201


def test_a_lock_comes_after_five_wrong_passwords_and_outlives_a_restart(
    new_server: NewServer, data_dir: Path
) -> None:
    add_people(data_dir)
    with new_server() as server:
        client = server.client()
        for name in ("viewer", "nobody"):
            assert {sign_in(client, name, "wrong").status_code for _ in range(5)} == {401}
        locked = [sign_in(client, name) for name in ("viewer", "nobody")]
        assert [answer.status_code for answer in locked] == [423, 423]
        assert told(locked[0])["code"] == "account_locked"
        assert 0 < locked[0].json()["retry_after"] <= 30
        assert int(locked[0].headers["Retry-After"]) <= 30
        # Another person is not touched.
        assert sign_in(client, "manager").status_code == 201
    with new_server() as server:
        assert sign_in(server.client(), "viewer").status_code == 423


def test_parallel_guesses_are_counted_as_guesses_in_a_row(own_server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(own_server.client(), "kiosk", "guess"), range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [423] * 7


def test_a_new_password_lifts_the_lock_and_ends_the_sessions(own_server: Server, data_dir: Path) -> None:
    client = own_server.signed_in("viewer")
    for _ in range(5):
        sign_in(own_server.client(), "viewer", "wrong")
    password_file = data_dir.parent / "password"
    password_file.write_text("another long secret\n")
    done = command(
        *(
            "user",
            "reset-password",
            "viewer",
            "--password-file",
            str(password_file),
            "--data-dir",
            str(data_dir),
        ),
        home=data_dir.parent,
    )
    assert done.returncode == 0, done.stderr
    assert told(client.get("/session"))["code"] == "session_ended"
    assert told(refresh(client, client.session["refresh_token"]))["code"] == "session_ended"
    assert told(sign_in(client, "viewer"))["code"] == "wrong_credentials"
    assert sign_in(client, "viewer", "another long secret").status_code == 201


def test_a_closed_account_is_out_at_once(own_server: Server, data_dir: Path) -> None:
    client = own_server.signed_in("viewer")
    arguments = ("viewer", "--data-dir", str(data_dir))
    assert command("user", "disable", *arguments, home=data_dir.parent).returncode == 0
    assert told(client.get("/session"))["code"] == "session_ended"
    closed = sign_in(own_server.client(), "viewer")
    assert (closed.status_code, told(closed)["code"]) == (403, "account_disabled")
    # Only who knows the password learns that the account is closed.
    assert told(sign_in(own_server.client(), "viewer", "wrong"))["code"] == "wrong_credentials"
    assert command("user", "enable", *arguments, home=data_dir.parent).returncode == 0
    assert sign_in(own_server.client(), "viewer").status_code == 201


def test_a_refresh_gives_new_tokens_for_the_same_session(server: Server) -> None:
    client = server.signed_in("manager")
    before = client.session
    answer = refresh(client, before["refresh_token"])
    assert answer.status_code == 201
    after = answer.json()
    assert after["viewing_session"] == before["viewing_session"]
    assert after["refresh_token"] != before["refresh_token"]
    assert after["access_token"] != before["access_token"]
    assert server.client().carry(after).get("/session").status_code == 200


def test_a_refresh_token_that_comes_twice_ends_the_whole_family(server: Server) -> None:
    client = server.signed_in("manager")
    stolen = client.session["refresh_token"]
    newest = refresh(client, stolen).json()
    again = refresh(client, stolen)
    assert (again.status_code, told(again)["code"]) == (401, "token_reused")
    assert told(refresh(client, newest["refresh_token"]))["code"] == "session_ended"
    assert told(client.carry(newest).get("/session"))["code"] == "session_ended"


def test_of_two_refreshes_at_once_one_wins_and_the_family_ends(server: Server) -> None:
    token = server.signed_in("manager").session["refresh_token"]
    clients = [server.client() for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda client: refresh(client, token), clients))
    assert sorted(answer.status_code for answer in answers) == [201, 401]


def test_a_refresh_token_is_good_on_its_own_machine_only(server: Server) -> None:
    client = server.signed_in("viewer")
    token = client.session["refresh_token"]
    elsewhere = refresh(client, token, id="another machine")
    assert (elsewhere.status_code, told(elsewhere)["code"]) == (401, "token_reused")
    assert told(client.get("/session"))["code"] == "session_ended"


def test_who_signs_out_is_out(server: Server) -> None:
    client = server.signed_in("auditor")
    assert client.delete("/session").status_code == 204
    assert told(client.get("/session"))["code"] == "session_ended"
    assert told(refresh(client, client.session["refresh_token"]))["code"] == "session_ended"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "viewer", "password": PASSWORD},
        {"name": "viewer", "password": PASSWORD, "machine": MACHINE, "role": "admin"},
        {"name": "vie\0wer", "password": PASSWORD, "machine": MACHINE},
        {"name": "v" * 257, "password": PASSWORD, "machine": MACHINE},
        {"name": "viewer", "password": "p" * 1025, "machine": MACHINE},
        {"name": ["viewer"], "password": PASSWORD, "machine": MACHINE},
        {"name": "viewer", "password": 12345678901, "machine": MACHINE},
        {"name": "viewer", "password": PASSWORD, "machine": {**MACHINE, "client": "browser"}},
        {"name": "viewer", "password": PASSWORD, "machine": {**MACHINE, "name": "line\nbreak"}},
        [],
        None,
    ],
)
def test_bodies_that_are_not_as_agreed_are_refused_without_repeating_them(server: Server, body: Any) -> None:
    answer = server.client().post("/session", json=body)
    assert (answer.status_code, told(answer)["code"]) == (422, "request_invalid")
    assert PASSWORD not in answer.text
    assert "12345678901" not in answer.text
