"""One-time codes: how somebody who has forgotten the password comes back in, and how guesses end."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.access import (
    NEW_PASSWORD,
    log_of,
    redeem,
    rewrite,
    sign_in,
    told,
    user_id,
    with_second_factor,
)
from tests.support.server import Client, Server

WRONG = "AAAA-BBBB-CCCC-DDDD"


def code_for(admin: Client, name: str) -> str:
    answer = admin.post(f"/users/{user_id(admin, name)}/reset-code")
    assert answer.status_code == 201
    code = answer.json()["code"]
    assert re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}", code)
    return str(code)


def test_a_code_lets_its_owner_choose_a_password_and_do_nothing_else(own_server: Server) -> None:
    admin = own_server.signed_in("admin")
    code = code_for(admin, "viewer")
    elsewhere = own_server.signed_in("viewer")
    client = own_server.client()
    answer = redeem(client, " Viewer ", code.lower().replace("-", " "))
    assert answer.status_code == 201
    assert (answer.json()["must_change_password"], answer.json()["refresh_token"]) == (True, "")
    client.carry(answer.json())
    assert told(client.get("/library")) == (403, "password_change_needed")
    assert told(client.get("/session")) == (403, "password_change_needed")
    changed = client.put("/session/password", json={"new": NEW_PASSWORD})
    assert changed.status_code == 200
    assert own_server.client().carry(changed.json()).get("/library").status_code == 200
    assert told(elsewhere.get("/session")) == (401, "session_ended")
    again = client.put("/session/password", json={"new": NEW_PASSWORD + "!"})
    assert told(again) == (401, "session_ended")
    assert sign_in(own_server.client(), "viewer", NEW_PASSWORD).json()["must_change_password"] is False
    log = log_of(admin, client.session["account"]["id"])
    assert log[:3] == ["changed", "reset_code_used", "reset_code_made"]
    assert code not in own_server.logs()
    assert code not in admin.get("/audit/export").text


def test_a_code_is_good_once_and_the_newest_alone(own_server: Server) -> None:
    admin = own_server.signed_in("admin")
    first, second = code_for(admin, "viewer"), code_for(admin, "viewer")
    client = own_server.client()
    assert told(redeem(client, "viewer", first)) == (401, "reset_code_wrong")
    assert told(redeem(client, "manager", second)) == (401, "reset_code_wrong")
    assert redeem(client, "viewer", second).status_code == 201
    assert told(redeem(client, "viewer", second)) == (401, "reset_code_wrong")


def test_of_many_that_use_one_code_at_once_one_wins(own_server: Server) -> None:
    code = code_for(own_server.signed_in("admin"), "viewer")
    clients = [own_server.client() for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda client: told(redeem(client, "viewer", code)), clients))
    assert answers.count((201, None)) == 1, answers
    assert answers.count((401, "reset_code_wrong")) == 4, answers


def test_five_wrong_tries_burn_the_code(own_server: Server) -> None:
    admin = own_server.signed_in("admin")
    code = code_for(admin, "viewer")
    client = own_server.client()
    assert [told(redeem(client, "viewer", WRONG)) for _ in range(5)] == [(401, "reset_code_wrong")] * 5
    assert told(redeem(client, "viewer", code)) == (423, "account_locked")
    rewrite(own_server.data, "DELETE FROM sign_in_attempts")
    assert told(redeem(client, "viewer", code)) == (401, "reset_code_wrong")
    log = log_of(admin, user_id(admin, "viewer"))
    assert log.count("reset_code_burned") == 1
    assert log.count("locked") == 1
    # The next code lifts the lock at once.
    for _ in range(5):
        sign_in(client, "viewer", "wrong")
    assert redeem(client, "viewer", code_for(admin, "viewer")).status_code == 201


def test_a_code_ends_after_a_day(own_server: Server) -> None:
    code = code_for(own_server.signed_in("admin"), "viewer")
    rewrite(own_server.data, "UPDATE reset_codes SET expires_at = datetime('now', '-1 second')")
    assert told(redeem(own_server.client(), "viewer", code)) == (401, "reset_code_wrong")


def test_a_code_stands_in_for_the_password_but_not_for_the_second_factor(own_server: Server) -> None:
    app, _ = with_second_factor(own_server.signed_in("viewer"))
    code = code_for(own_server.signed_in("admin"), "viewer")
    client = own_server.client()
    for _ in range(7):  # asking for the second factor uses nothing up and locks nobody out
        assert told(redeem(client, "viewer", code)) == (401, "second_factor_needed")
    wrong = redeem(client, "viewer", code, second_factor=app.wrong())
    assert told(wrong) == (401, "second_factor_wrong")
    assert told(redeem(client, "viewer", WRONG)) == (401, "reset_code_wrong")
    assert redeem(client, "viewer", code, second_factor=app.code()).status_code == 201


def test_a_closed_account_does_not_open_by_a_code(own_server: Server) -> None:
    admin = own_server.signed_in("admin")
    code = code_for(admin, "viewer")
    admin.patch(f"/users/{user_id(admin, 'viewer')}", json={"disabled": True})
    client = own_server.client()
    assert told(redeem(client, "viewer", code)) == (403, "account_disabled")
    assert told(redeem(client, "viewer", WRONG)) == (401, "reset_code_wrong")


@pytest.mark.parametrize("code", [WRONG, "x", "\u00e9" * 20, "\u2013" * 64])
def test_a_known_and_an_unknown_name_are_told_alike(own_server: Server, code: str) -> None:
    admin = own_server.signed_in("admin")
    code_for(admin, "viewer")
    client = own_server.client()
    answers = [redeem(client, name, code).json() for name in ("viewer", "manager", "nobody", "n" * 256)]
    for answer in answers:
        answer.pop("request_id")
    assert answers[0]["code"] == "reset_code_wrong"
    assert all(answer == answers[0] for answer in answers)
