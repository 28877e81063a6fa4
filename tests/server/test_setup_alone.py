"""Set-up of a server that has no parent program: nobody becomes admin who can't read what it prints."""

import re
from pathlib import Path

import httpx

from local_server.accounts.models import Role
from tests.support.alone import alone
from tests.support.people import add_people
from tests.support.server import MACHINE, PASSWORD, Client


def set_up(client: Client, **more: object) -> httpx.Response:
    body = {"name": "Ada", "password": PASSWORD, "gallery_folder": None, "samples": False, "machine": MACHINE}
    return client.post("/setup", json={**body, **more})


def test_the_first_admin_has_to_know_the_printed_code(data_dir: Path) -> None:
    with alone(data_dir) as server, server.client() as client:
        found = re.search(r"code is ((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4});", server.next_line())
        assert found is not None
        code = found[1]
        for wrong in (None, "", "AAAA-AAAA-AAAA-AAAA", code[:-1], code + "A", "é" * 16):
            answer = set_up(client, setup_code=wrong, gallery_folder="/nowhere")
            assert (answer.status_code, answer.json()["code"]) == (403, "setup_code_wrong"), wrong
            assert code not in answer.text
        assert client.get("/test").json()["first_run"] is True
        assert set_up(client, setup_code=code.lower().replace("-", " ")).status_code == 201
        assert set_up(client, setup_code=code).json()["code"] == "setup_done"
    logs = "".join(path.read_text() for path in (data_dir / "logs").glob("*.log*"))
    assert code not in logs


def test_every_server_of_a_gallery_has_the_same_code_and_every_gallery_another(
    data_dir: Path, tmp_path: Path
) -> None:
    codes = []
    for data in (data_dir, data_dir, tmp_path / "another"):
        with alone(data) as server:
            codes.append(server.next_line())
    assert codes[0] == codes[1] != codes[2]


def test_the_code_is_not_printed_where_there_are_accounts(data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    with alone(data_dir) as server, server.client() as client:
        assert set_up(client, setup_code="AAAA-AAAA-AAAA-AAAA").json()["code"] == "setup_done"
        assert server._lines.empty()


def test_the_rate_holds_for_guesses_too(data_dir: Path) -> None:
    with alone(data_dir, SIGN_IN_RATE="2/minute") as server, server.client() as client:
        codes = [set_up(client, setup_code=f"GUESS{number}").json()["code"] for number in range(3)]
        assert codes == ["setup_code_wrong", "setup_code_wrong", "too_many_requests"]
