"""Two servers and two workers behind a proxy are one gallery."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from local_server.accounts.models import Role
from tests.scale_out.stage import Stage
from tests.support.server import MACHINE, PASSWORD, ROLES


def test_who_signs_in_at_one_server_is_known_to_the_other(stage: Stage) -> None:
    viewer = stage.signed_in("viewer", 0)
    other = stage.client(1).carry(viewer.session)
    assert other.get("/session").json()["account"]["name"] == "viewer"
    through_proxy = stage.client().carry(viewer.session)
    assert {through_proxy.get("/session").status_code for _ in range(6)} == {200}


def test_who_signs_out_at_one_server_is_out_at_the_other(stage: Stage) -> None:
    viewer = stage.signed_in("viewer", 0)
    other = stage.client(1).carry(viewer.session)
    assert other.get("/session").is_success
    assert viewer.delete("/session").is_success
    assert other.get("/session").status_code == 401


def test_tokens_are_renewed_at_the_other_server_and_once_only(stage: Stage) -> None:
    viewer = stage.signed_in("viewer", 0)
    old = {"refresh_token": viewer.session["refresh_token"], "machine": MACHINE}
    renewed = stage.client(1).post("/session/refresh", json=old)
    assert renewed.is_success, renewed.text
    assert stage.client(0).carry(renewed.json()).get("/session").is_success
    assert stage.client(0).post("/session/refresh", json=old).status_code == 401


def test_an_account_that_an_operator_adds_can_sign_in_everywhere(stage: Stage) -> None:
    done = stage.command(
        "user", "add", "newcomer", "--role", "viewer", "--password-file", "-", given=PASSWORD
    )
    assert done.returncode == 0, done.stderr
    for server in (0, 1, None):
        assert stage.signed_in("newcomer", server).get("/session").is_success


def test_a_lock_out_holds_at_the_other_server(stage: Stage) -> None:
    stage.add_people(("besieged", Role.VIEWER))
    wrong = {"name": "besieged", "password": "not the password", "machine": MACHINE}
    for attempt in range(12):
        stage.client(attempt % 2).post("/session", json=wrong)
    right = {**wrong, "password": PASSWORD}
    codes = {stage.client(server).post("/session", json=right).json().get("code") for server in (0, 1)}
    assert codes == {"account_locked"}


def test_two_servers_write_one_audit_chain(stage: Stage) -> None:
    def come_and_go(name: str) -> None:
        for turn in range(4):
            stage.signed_in(name, turn % 2).delete("/session")

    with ThreadPoolExecutor(len(ROLES)) as pool:
        list(pool.map(come_and_go, ROLES))
    verified = stage.command("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_proxy_spreads_requests_and_goes_around_a_server_that_is_killed(stage: Stage) -> None:
    viewer = stage.signed_in("viewer")
    with stage.servers[0].away():
        assert {viewer.get("/session").status_code for _ in range(10)} == {200}
    assert {viewer.get("/session").status_code for _ in range(10)} == {200}


def test_all_that_servers_know_is_in_the_database(stage: Stage) -> None:
    with psycopg.connect(stage.settings["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM accounts").fetchone()
    assert row
    assert row[0] >= 5
    assert not list(stage.servers[0].folder.rglob("catalogue.db"))
