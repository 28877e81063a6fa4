"""The people of a gallery, as its admins see and change them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.access import NEW_PASSWORD, redeem, sign_in, told, user_id
from tests.support.server import PASSWORD, Client, Server


@pytest.fixture
def admin(own_server: Server) -> Client:
    return own_server.signed_in("admin")


def add(admin: Client, name: str, role: str = "viewer", **more: Any) -> dict[str, Any]:
    answer = admin.post("/users", json={"name": name, "role": role, **more})
    assert answer.status_code == 201, answer.text
    added = answer.json()
    assert isinstance(added, dict)
    return added


def test_the_list_is_read_in_pages_by_name(admin: Client) -> None:
    for number in range(4):
        add(admin, f"Ünïcode {number}")
    names: list[str] = []
    cursor = None
    for _ in range(9):
        page = admin.get("/users", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        names += [person["name"] for person in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == ["admin", "auditor", "kiosk", "manager", "viewer", *(f"Ünïcode {n}" for n in range(4))]
    assert told(admin.get("/users", params={"cursor": "%%%"})) == (422, "cursor_invalid")
    assert told(admin.get("/users", params={"cursor": "AA"})) == (422, "cursor_invalid")


def test_a_person_is_described_whole(own_server: Server, admin: Client) -> None:
    viewer = admin.get(f"/users/{user_id(admin, 'viewer')}").json()
    assert viewer["last_seen_at"] is None
    assert (viewer["role"], viewer["sees"], viewer["email"]) == ("viewer", "library", None)
    assert (viewer["second_factor"], viewer["must_change_password"]) == (False, False)
    assert (viewer["disabled_at"], viewer["password_expires_at"], viewer["locked_until"]) == (None,) * 3
    own_server.signed_in("viewer")
    for _ in range(5):
        sign_in(own_server.client(), "viewer", "wrong")
    seen = admin.get(f"/users/{viewer['id']}").json()
    assert seen["last_seen_at"]
    assert seen["locked_until"] > seen["last_seen_at"]
    assert told(admin.get(f"/users/{'0' * 32}")) == (404, "account_unknown")
    for nobody in ("%00", "x", "0" * 33):
        assert told(admin.get(f"/users/{nobody}")) == (422, "request_invalid")
    assert "argon2" not in admin.get("/users").text


def test_who_is_added_without_a_password_chooses_one_by_a_code(own_server: Server, admin: Client) -> None:
    added = add(admin, "Newcomer", email=" New@Example.ORG ")
    assert (added["user"]["sees"], added["user"]["email"]) == ("albums", "new@example.org")
    assert added["user"]["must_change_password"] is True
    client = own_server.client()
    for guess in ("", " ", PASSWORD):
        assert sign_in(client, "newcomer", guess).status_code in (401, 422)
    redeemed = redeem(client, "newcomer", added["reset_code"]["code"])
    assert redeemed.status_code == 201
    changed = client.carry(redeemed.json()).put("/session/password", json={"new": NEW_PASSWORD})
    assert changed.status_code == 200
    assert changed.json()["must_change_password"] is False


def test_what_new_people_see_is_narrow_unless_said_otherwise(admin: Client) -> None:
    sees = {role: add(admin, f"a {role}", role)["user"]["sees"] for role in ("admin", "manager", "auditor")}
    assert set(sees.values()) == {"library"}
    assert {add(admin, f"a {role}", role)["user"]["sees"] for role in ("viewer", "kiosk")} == {"albums"}
    assert add(admin, "wide", sees="library")["user"]["sees"] == "library"
    assert add(admin, "narrow", "manager", sees="albums")["user"]["sees"] == "albums"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "VIEWER", "role": "viewer"}, "name_taken"),
        ({"name": "x", "role": "owner"}, "request_invalid"),
        ({"name": "x", "role": "viewer", "sees": "everything"}, "request_invalid"),
        ({"name": "x", "role": "viewer", "email": "nobody"}, "email_unusable"),
        ({"name": "x", "role": "viewer", "email": "a b@example.org"}, "email_unusable"),
        ({"name": "x", "role": "viewer", "email": "taken@example.org"}, "email_taken"),
        ({"name": "x", "role": "viewer", "password": "short"}, "password_weak"),
        ({"name": "\u200b", "role": "viewer"}, "name_unusable"),
        ({"name": "x", "role": "viewer", "id": "1"}, "request_invalid"),
        ({"name": "x", "role": ["viewer"]}, "request_invalid"),
    ],
)
def test_what_can_not_be_added_is_refused(admin: Client, body: dict[str, Any], code: str) -> None:
    add(admin, "owner", email="Taken@example.org")
    assert told(admin.post("/users", json=body))[1] == code


def test_rights_that_shrink_end_the_sessions_and_others_do_not(own_server: Server, admin: Client) -> None:
    def changed(name: str, **change: object) -> bool:
        client = own_server.signed_in(name)
        assert admin.patch(f"/users/{user_id(admin, name)}", json=change).status_code == 200
        ended = told(client.get("/session"))
        assert ended in ((200, None), (401, "session_ended"))
        return ended[0] == 401

    assert not changed("viewer", role="manager")
    assert not changed("viewer", email="v@example.org")
    assert changed("viewer", role="viewer")
    assert changed("viewer", sees="albums")
    assert not changed("viewer", sees="library")
    assert changed("viewer", role="auditor")
    assert not changed("viewer", role="admin")
    assert changed("viewer", disabled=True)
    assert told(sign_in(own_server.client(), "viewer")) == (403, "account_disabled")
    viewer = admin.patch(f"/users/{user_id(admin, 'viewer')}", json={"disabled": False, "email": None}).json()
    assert (viewer["disabled_at"], viewer["email"], viewer["role"]) == (None, None, "admin")
    kinds = [line["kind"] for line in admin.get("/activity").json()["items"]]
    assert {"role_changed", "sight_changed", "email_changed", "account_disabled", "account_enabled"} <= set(
        kinds
    )


def test_the_last_admin_stays(own_server: Server, admin: Client) -> None:
    own = f"/users/{admin.session['account']['id']}"
    assert told(admin.patch(own, json={"disabled": True})) == (409, "last_admin")
    assert told(admin.patch(own, json={"role": "manager"})) == (409, "last_admin")
    assert admin.get("/users").status_code == 200
    second = user_id(admin, "manager")
    assert admin.patch(f"/users/{second}", json={"role": "admin"}).status_code == 200
    other = own_server.signed_in("manager")
    # Of two admins that close each other at once, one stays.
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda pair: told(pair[0].patch(pair[1], json={"disabled": True})),
                [(admin, f"/users/{second}"), (other, own)],
            )
        )
    assert [status for status, _ in answers].count(200) == 1, answers


def test_sessions_of_a_person_are_ended(own_server: Server, admin: Client) -> None:
    clients = [own_server.signed_in("viewer") for _ in range(2)]
    viewer = user_id(admin, "viewer")
    assert admin.delete(f"/users/{viewer}/sessions").status_code == 204
    assert {told(client.get("/session")) for client in clients} == {(401, "session_ended")}
    assert sign_in(own_server.client(), "viewer").status_code == 201
    assert admin.get("/session").status_code == 200
