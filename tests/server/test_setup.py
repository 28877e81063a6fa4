"""The first run: one admin is made, once, and nothing half."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.server import MACHINE, PASSWORD, Client, Server


def set_up(client: Client, name: str = "Ada", password: str = PASSWORD, **more: Any) -> httpx.Response:
    body = {"name": name, "password": password, "gallery_folder": None, "samples": False, "machine": MACHINE}
    return client.post("/setup", json={**body, **more})


def test_the_first_run_makes_an_admin_who_is_signed_in(empty_server: Server) -> None:
    client = empty_server.client()
    assert client.get("/test").json()["first_run"] is True
    answer = set_up(client)
    assert answer.status_code == 201
    assert answer.json()["account"]["role"] == "admin"
    assert client.carry(answer.json()).get("/session").json()["account"]["name"] == "Ada"
    assert client.get("/test").json()["first_run"] is False
    again = set_up(empty_server.client(), "Eve")
    assert (again.status_code, again.json()["code"]) == (409, "setup_done")


def test_of_many_that_set_up_at_once_one_becomes_admin(empty_server: Server) -> None:
    names = [f"admin {number}" for number in range(6)]
    clients = [empty_server.client() for _ in names]
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(set_up, clients, names))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    winner = next(answer for answer in answers if answer.status_code == 201).json()["account"]["name"]
    for name in names:
        tried = empty_server.client().post(
            "/session", json={"name": name, "password": PASSWORD, "machine": MACHINE}
        )
        assert tried.status_code == (201 if name == winner else 401)


def test_a_weak_start_is_refused_and_can_be_mended(empty_server: Server) -> None:
    client = empty_server.client()
    for name, password, code in [
        ("Ada", "short", "password_weak"),
        ("Ada", "password1234", "password_weak"),
        ("Lovelace", "lovelace1815", "password_weak"),
        ("Ada", "aaaaaaaaaaaa", "password_weak"),
        ("  ", PASSWORD, "name_unusable"),
        ("n" * 65, PASSWORD, "name_unusable"),
        ("zero\u200bwidth", PASSWORD, "name_unusable"),
    ]:
        answer = set_up(client, name, password)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert password not in answer.text
        assert client.get("/test").json()["first_run"] is True
    assert set_up(client).status_code == 201


def test_where_accounts_exist_there_is_no_set_up(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server() as server:
        assert set_up(server.client(), "Eve").status_code == 409
