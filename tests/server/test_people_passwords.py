"""Passwords that are due, changed and remembered; and that a grace sign-in is good for nothing else."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import NewServer
from tests.server.test_contract_roles import ALLOWED, NOWHERE
from tests.support.access import NEW_PASSWORD, grace, log_of, redeem, rewrite, sign_in, told, user_id
from tests.support.people import add_people
from tests.support.server import PASSWORD, Client, Server
from tests.support.socket import opened


def change(client: Client, new: str = NEW_PASSWORD, current: str | None = PASSWORD) -> tuple[int, str | None]:
    return told(client.put("/session/password", json={"current": current, "new": new}))


def test_a_grace_sign_in_opens_nothing_but_the_way_to_a_new_password(own_server: Server) -> None:
    client = grace(own_server)
    assert client.session["must_change_password"] is True
    assert client.session["second_factor_setup_needed"] is False
    assert client.session["refresh_token"] == ""
    whole = own_server.client(root="").carry(client.session)
    for route, allowed in ALLOWED.items():
        method, path = route.split(" ", 1)
        if "nobody" in allowed or route in ("PUT /api/session/password", "DELETE /api/session"):
            continue
        answer = whole.request(method, path.format(**NOWHERE), json={} if method != "GET" else None)
        assert told(answer) == (403, "password_change_needed"), route
    body = {"name": "x", "role": "viewer"}
    assert told(whole.post("/api/v1/users", json=body)) == (403, "password_change_needed")
    assert client.delete("/session").status_code == 204
    assert change(client) == (401, "session_ended")


def test_the_live_events_refuse_a_grace_sign_in(own_server: Server) -> None:
    client = grace(own_server)
    with opened(own_server) as socket:
        socket.send({"type": "authenticate", "access_token": client.session["access_token"]})
        assert socket.closed() == (4401, "password_change_needed")


def test_a_new_password_opens_everything_and_ends_the_grace(own_server: Server) -> None:
    client = grace(own_server)
    answer = client.put("/session/password", json={"current": PASSWORD, "new": NEW_PASSWORD})
    assert answer.status_code == 200
    after = answer.json()
    assert (after["must_change_password"], bool(after["refresh_token"])) == (False, True)
    assert after["viewing_session"]["id"] != client.session["viewing_session"]["id"]
    assert own_server.client().carry(after).get("/session").status_code == 200
    assert told(client.get("/session")) == (401, "session_ended")
    assert change(client) == (401, "session_ended")
    assert told(sign_in(own_server.client(), "newcomer")) == (401, "wrong_credentials")
    assert sign_in(own_server.client(), "newcomer", NEW_PASSWORD).json()["must_change_password"] is False


def test_who_changes_the_password_stays_and_all_others_are_out(own_server: Server) -> None:
    here, there = own_server.signed_in("viewer"), own_server.signed_in("viewer")
    old_refresh = here.session["refresh_token"]
    answer = here.put("/session/password", json={"current": PASSWORD, "new": NEW_PASSWORD})
    assert answer.json()["viewing_session"] == here.session["viewing_session"]
    assert told(there.get("/session")) == (401, "session_ended")
    assert own_server.client().carry(answer.json()).get("/session").status_code == 200
    machine = {"id": "test-machine", "name": "test machine", "client": "desktop"}
    again = here.post("/session/refresh", json={"refresh_token": old_refresh, "machine": machine})
    assert told(again) == (401, "session_ended")
    newest = {"refresh_token": answer.json()["refresh_token"], "machine": machine}
    assert here.post("/session/refresh", json=newest).status_code == 201


def test_what_is_wrong_with_a_new_password_is_said(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    assert change(client, "short") == (422, "password_weak")
    assert change(client, NEW_PASSWORD, "not mine") == (403, "password_wrong")
    assert change(client, NEW_PASSWORD, None) == (403, "password_wrong")
    assert change(client, PASSWORD) == (422, "password_used_before")
    assert client.get("/session").status_code == 200
    # Mistakes over the new password never lock anybody out.
    for _ in range(6):
        assert change(client, PASSWORD) == (422, "password_used_before")


def test_guesses_at_the_present_password_lock_the_name(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    guesses = [change(client, NEW_PASSWORD, f"guess {number}") for number in range(6)]
    assert guesses == [(403, "password_wrong")] * 5 + [(423, "account_locked")]
    assert told(sign_in(own_server.client(), "viewer")) == (423, "account_locked")
    auditor = own_server.signed_in("auditor")
    viewer = client.session["account"]["id"]
    assert log_of(auditor, viewer)[:2] == ["locked", "refused"]


def test_of_two_changes_at_once_one_wins(own_server: Server) -> None:
    clients = [own_server.signed_in("viewer") for _ in range(3)]
    new = [f"{NEW_PASSWORD} {number}" for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(change, clients, new))
    assert [status for status, _ in answers].count(200) == 1
    winner = new[[status for status, _ in answers].index(200)]
    assert sign_in(own_server.client(), "viewer", winner).status_code == 201


def test_the_last_passwords_can_not_be_taken_again(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    passwords = [PASSWORD, *(f"{NEW_PASSWORD} {number}" for number in range(3))]
    with new_server(PASSWORD_HISTORY="2", PASSWORD_MIN_LENGTH="16") as server:
        client = server.signed_in("viewer")
        assert change(client, "fifteen letters") == (422, "password_weak")
        for current, new in pairwise(passwords):
            assert change(client, new, current) == (200, None)
        newest = passwords[-1]
        assert change(client, passwords[1], newest) == (422, "password_used_before")
        assert change(client, passwords[2], newest) == (422, "password_used_before")
        assert change(client, passwords[0], newest) == (200, None)


def test_an_old_password_must_be_changed_at_the_next_sign_in(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    rewrite(
        data_dir,
        "UPDATE accounts SET password_changed_at = datetime('now', '-31 days') WHERE name = 'viewer'",
    )
    with new_server(PASSWORD_MAX_AGE_DAYS="30") as server:
        client = server.client().sign_in("viewer")
        assert client.session["must_change_password"] is True
        assert told(client.get("/images")) == (403, "password_change_needed")
        admin = server.signed_in("admin")
        assert admin.session["must_change_password"] is False
        viewer = client.session["account"]["id"]
        assert admin.get(f"/users/{viewer}").json()["password_expires_at"] < client.session["server_time"]
        assert change(client) == (200, None)
        assert admin.get(f"/users/{viewer}").json()["password_expires_at"] > client.session["server_time"]
        assert log_of(admin, viewer)[:2] == ["changed", "expired"]
        assert sign_in(server.client(), "viewer", NEW_PASSWORD).json()["must_change_password"] is False


@pytest.mark.parametrize("name", ["viewer", "nobody"])
def test_one_lock_is_for_passwords_and_codes_and_outlives_a_restart(
    new_server: NewServer, data_dir: Path, name: str
) -> None:
    add_people(data_dir)
    with new_server() as server:
        client = server.client()
        assert {told(redeem(client, name, "AAAA-BBBB-CCCC-DDDD")) for _ in range(3)} == {
            (401, "reset_code_wrong")
        }
        assert {told(sign_in(client, name, "wrong")) for _ in range(2)} == {(401, "wrong_credentials")}
        assert told(redeem(client, name, "AAAA-BBBB-CCCC-DDDD")) == (423, "account_locked")
    with new_server() as server:
        assert told(sign_in(server.client(), name)) == (423, "account_locked")
        assert told(redeem(server.client(), name, "AAAA-BBBB-CCCC-DDDD")) == (423, "account_locked")


def test_a_name_that_is_too_long_for_any_account_is_wrong_and_gets_locked(own_server: Server) -> None:
    client = own_server.client()
    assert {told(sign_in(client, "n" * 256)) for _ in range(5)} == {(401, "wrong_credentials")}
    assert told(sign_in(client, "n" * 256)) == (423, "account_locked")
    assert told(sign_in(client, "n" * 255)) == (401, "wrong_credentials")


def test_the_log_of_passwords_is_read_in_pages_by_admins_and_auditors(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    for number in range(3):
        change(client, NEW_PASSWORD, f"guess {number}")
    assert change(client) == (200, None)
    admin, auditor = own_server.signed_in("admin"), own_server.signed_in("auditor")
    viewer = user_id(admin, "viewer")
    seen, cursor = [], None
    for _ in range(9):
        page = auditor.get(
            f"/users/{viewer}/password-log", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [line["event"] for line in seen] == ["changed", "refused", "refused", "refused", "set"]
    assert (seen[0]["by"], seen[-1]["by"]) == ("viewer", "command line")
    assert seen[1]["detail"]["what"] == "present password"
    assert "guess" not in str(seen)
    assert NEW_PASSWORD not in str(seen)
    for cursor in ("!", "AAAA", "A" * 500):
        bad = auditor.get(f"/users/{viewer}/password-log", params={"cursor": cursor})
        assert told(bad) == (422, "cursor_invalid")
    assert told(auditor.get(f"/users/{'0' * 32}/password-log")) == (404, "account_unknown")
    assert told(client.get(f"/users/{viewer}/password-log"))[0] in (401, 403)
