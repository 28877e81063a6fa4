"""A second factor: set up, asked for, used once a step, replaced by recovery codes, and removed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.conftest import NewServer
from tests.support.access import (
    NEW_PASSWORD,
    Authenticator,
    grace,
    log_of,
    rewrite,
    sign_in,
    told,
    user_id,
    with_second_factor,
)
from tests.support.people import add_people
from tests.support.server import PASSWORD, Server


def test_setting_up_asks_for_the_password_and_shows_the_secret_once(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    assert told(client.post("/session/second-factor", json={})) == (403, "password_wrong")
    assert told(client.post("/session/second-factor", json={"password": "no"})) == (403, "password_wrong")
    assert told(client.put("/session/second-factor", json={"code": "123456"})) == (
        409,
        "second_factor_not_begun",
    )
    begun = client.post("/session/second-factor", json={"password": PASSWORD}).json()
    address = urlsplit(begun["otpauth"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query)["secret"] == [begun["secret"]]
    assert sign_in(own_server.client(), "viewer").status_code == 201, "it does not count before its code"
    app = Authenticator(begun["secret"])
    wrong = client.put("/session/second-factor", json={"code": app.wrong()})
    assert told(wrong) == (401, "second_factor_wrong")
    confirmed = client.put("/session/second-factor", json={"code": app.code()}).json()
    assert len(set(confirmed["recovery_codes"])) == 10
    assert confirmed["session"] is None
    again = client.post("/session/second-factor", json={"password": PASSWORD})
    assert told(again) == (409, "second_factor_on")
    stored = (own_server.data / "catalogue.db").read_bytes() + own_server.logs().encode()
    stored += (own_server.data / "catalogue.db-wal").read_bytes()
    for secret in (begun["secret"], *confirmed["recovery_codes"]):
        assert secret.encode() not in stored
        assert secret.replace("-", "").encode() not in stored


def test_a_sign_in_needs_the_code_as_well(own_server: Server) -> None:
    app, _ = with_second_factor(own_server.signed_in("viewer"))
    client = own_server.client()
    assert told(sign_in(client, "viewer")) == (401, "second_factor_needed")
    assert told(sign_in(client, "viewer", "wrong", second_factor=app.wrong())) == (401, "wrong_credentials")
    assert told(sign_in(client, "viewer", second_factor=app.wrong())) == (401, "second_factor_wrong")
    code = app.code()
    answer = sign_in(client, "viewer", second_factor=f"{code[:3]} {code[3:]}")
    assert answer.status_code == 201
    assert told(sign_in(client, "viewer", second_factor=code)) == (401, "second_factor_wrong")
    auditor = own_server.signed_in("auditor")
    log = log_of(auditor, answer.json()["account"]["id"])
    assert log[:3] == ["second_factor_refused", "second_factor_used", "second_factor_refused"]
    assert "second_factor_on" in log
    assert (
        own_server.signed_in("admin").get(f"/users/{answer.json()['account']['id']}").json()["second_factor"]
    )


def test_the_code_that_confirmed_does_not_sign_in(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    begun = client.post("/session/second-factor", json={"password": PASSWORD}).json()
    code = Authenticator(begun["secret"]).code()
    assert client.put("/session/second-factor", json={"code": code}).status_code == 200
    assert told(sign_in(own_server.client(), "viewer", second_factor=code)) == (401, "second_factor_wrong")


def test_of_many_that_use_one_step_at_once_one_wins(own_server: Server) -> None:
    app, _ = with_second_factor(own_server.signed_in("viewer"))
    code = app.code()
    clients = [own_server.client() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda client: told(sign_in(client, "viewer", second_factor=code)), clients))
    assert answers.count((201, None)) == 1, answers
    assert answers.count((401, "second_factor_wrong")) == 3, answers


def test_guesses_at_the_code_lock_the_name_and_the_password_alone_takes_nothing_back(
    own_server: Server,
) -> None:
    app, _ = with_second_factor(own_server.signed_in("viewer"))
    client = own_server.client()
    guesses = []
    for _ in range(5):
        assert told(sign_in(client, "viewer")) == (401, "second_factor_needed")
        guesses.append(told(sign_in(client, "viewer", second_factor=app.wrong())))
    assert guesses == [(401, "second_factor_wrong")] * 5
    assert told(sign_in(client, "viewer")) == (423, "account_locked")
    assert told(sign_in(client, "viewer", second_factor=app.code())) == (423, "account_locked")


def test_a_recovery_code_stands_in_once(own_server: Server) -> None:
    _, recovery = with_second_factor(own_server.signed_in("viewer"))
    client = own_server.client()
    answer = sign_in(client, "viewer", second_factor=recovery[3].lower())
    assert answer.status_code == 201
    assert told(sign_in(client, "viewer", second_factor=recovery[3])) == (401, "second_factor_wrong")
    clients = [own_server.client() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda one: told(sign_in(one, "viewer", second_factor=recovery[4])), clients))
    assert answers.count((201, None)) == 1, answers
    log = log_of(own_server.signed_in("admin"), answer.json()["account"]["id"])
    assert log.count("recovery_code_used") == 2


def test_a_person_removes_it_by_password_or_code(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    app, recovery = with_second_factor(client)

    def remove(**body: str) -> tuple[int, str | None]:
        return told(client.request("DELETE", "/session/second-factor", json=body))

    assert remove() == (403, "password_wrong")
    assert remove(password="no") == (403, "password_wrong")
    assert remove(code=app.wrong()) == (401, "second_factor_wrong")
    assert remove(code=recovery[0]) == (204, None)
    assert sign_in(own_server.client(), "viewer").status_code == 201
    with_second_factor(client)
    assert told(sign_in(own_server.client(), "viewer", second_factor=recovery[1])) == (
        401,
        "second_factor_wrong",
    ), "the codes of the one before are of no use"
    assert remove(password=PASSWORD) == (204, None)


def test_removing_what_is_not_there_forgives_no_guess(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    for _ in range(4):
        assert told(sign_in(own_server.client(), "viewer", "guess")) == (401, "wrong_credentials")
        client.request("DELETE", "/session/second-factor", json={"code": "123456"})
    assert told(sign_in(own_server.client(), "viewer", "guess")) == (401, "wrong_credentials")
    assert told(sign_in(own_server.client(), "viewer")) == (423, "account_locked")


def test_an_admin_removes_it_for_a_lost_phone(own_server: Server) -> None:
    client = own_server.signed_in("viewer")
    with_second_factor(client)
    admin = own_server.signed_in("admin")
    viewer = user_id(admin, "viewer")
    assert admin.delete(f"/users/{viewer}/second-factor").status_code == 204
    assert admin.delete(f"/users/{viewer}/second-factor").status_code == 204
    assert sign_in(own_server.client(), "viewer").status_code == 201
    assert log_of(admin, viewer).count("second_factor_off") == 1
    assert '"kind": "second_factor_off"' in admin.get("/audit/export").text


def test_a_role_that_needs_one_can_only_set_one_up(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(REQUIRE_SECOND_FACTOR="manager,admin") as server:
        client = server.client().sign_in("manager")
        assert client.session["second_factor_setup_needed"] is True
        assert told(client.get("/images")) == (403, "second_factor_setup_needed")
        password = {"current": PASSWORD, "new": NEW_PASSWORD}
        assert told(client.put("/session/password", json=password)) == (403, "second_factor_setup_needed")
        assert told(client.request("DELETE", "/session/second-factor", json={"password": PASSWORD})) == (
            403,
            "second_factor_setup_needed",
        )
        begun = client.post("/session/second-factor", json={}).json()
        app = Authenticator(begun["secret"])
        confirmed = client.put("/session/second-factor", json={"code": app.code()}).json()
        assert told(client.get("/session")) == (401, "session_ended")
        whole = server.client().carry(confirmed["session"])
        assert whole.get("/images").status_code == 200
        assert sign_in(server.client(), "manager", second_factor=app.code()).status_code == 201
        assert server.signed_in("viewer").session["second_factor_setup_needed"] is False


def test_who_needs_both_changes_the_password_first(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(REQUIRE_SECOND_FACTOR="viewer") as server:
        client = grace(server)
        assert told(client.post("/session/second-factor", json={})) == (403, "password_change_needed")
        body = {"current": PASSWORD, "new": NEW_PASSWORD}
        changed = client.put("/session/password", json=body).json()
        assert (changed["must_change_password"], changed["second_factor_setup_needed"]) == (False, True)
        client.carry(changed)
        assert told(client.get("/images")) == (403, "second_factor_setup_needed")
        assert client.post("/session/second-factor", json={}).status_code == 201


def test_a_secret_moved_to_another_account_does_not_open(own_server: Server) -> None:
    with_second_factor(own_server.signed_in("viewer"))
    rewrite(
        own_server.data,
        "UPDATE accounts SET totp_confirmed_at = datetime('now'), totp_sealed = "
        "(SELECT totp_sealed FROM accounts WHERE name = 'viewer') WHERE name = 'manager'",
    )
    answer = sign_in(own_server.client(), "manager", second_factor="123456")
    assert told(answer) == (503, "blob_damaged")
