"""Safe mode: what explains the server is reached, nothing else is, and nothing runs beside it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.server.test_contract_roles import ALLOWED, ask
from tests.server.test_health import alone
from tests.support.people import add_people
from tests.support.server import MACHINE, PASSWORD, Client, command


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server in safe mode and return its address."""
    data = tmp_path_factory.mktemp("safe") / "data"
    add_people(data)
    with alone(data, "serve", "--safe") as process:
        assert process.stdout is not None
        yield process.stdout.readline().split(" serves at ")[1].split(";")[0]


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    with Client(base_url=address) as opened:
        yield opened


def sign_in(client: Client, name: str) -> Client:
    body = {"name": name, "password": PASSWORD, "machine": MACHINE}
    answer = client.post("/api/session", json=body)
    assert answer.status_code == 201, answer.text
    return client.carry(answer.json())


OPEN = {
    "GET /health",
    "GET /metrics",
    "GET /api/test",
    "GET /api/health",
    "GET /api/debug",
    "GET /api/session",
    "DELETE /api/session",
    "POST /api/session",
    "POST /api/session/refresh",
    "POST /api/session/second-factor",
}


def test_every_other_route_says_that_it_is_safe_mode(client: Client) -> None:
    sign_in(client, "admin")
    for route in ALLOWED:
        for asked in {route, route.replace("/api/", "/api/v1/")}:
            if route == "DELETE /api/session":
                continue
            answer = ask(client, asked)
            refused = answer.status_code == 503 and answer.json()["code"] == "safe_mode"
            assert refused is (route not in OPEN), asked


@pytest.mark.parametrize(
    "path", ["/api/debug/..", "/api/debugx", "/api//debug", "/API/debug", "/api/v2/debug"]
)
def test_a_path_that_only_looks_like_an_open_one_is_refused(client: Client, path: str) -> None:
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert client.send(request).status_code in (503, 404)


def test_the_diagnosis_is_for_the_admin(client: Client) -> None:
    assert client.get("/api/debug").status_code == 401
    sign_in(client, "viewer")
    assert client.get("/api/debug").status_code == 403
    sign_in(client, "admin")
    body = client.get("/api/debug").json()
    services = body["health"]["services"]
    assert services["safe_mode"]["status"] == "degraded"
    assert not {"worker", "watcher"} & set(services)
    assert [node["kind"] for node in body["nodes"]] == ["server"]
    assert len([process for process in body["processes"] if "python" in process["name"]]) == 1
    assert client.get("/health").json() == {"status": "ok"}


def test_no_socket_is_opened(address: str) -> None:
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus) as refused, connect(f"{address.replace('http', 'ws')}/ws", proxy=None):
        pass
    assert refused.value.response.status_code == 503


def test_there_must_be_something_to_look_at(tmp_path: Path) -> None:
    ended = command("serve", "--safe", "--data-dir", str(tmp_path / "data"), home=tmp_path)
    assert (ended.returncode, "no installation" in ended.stderr) == (2, True)
    assert not (tmp_path / "data" / "catalogue.db").exists()


def test_a_catalogue_of_an_older_version_is_not_upgraded(data_dir: Path) -> None:
    add_people(data_dir)
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
    ended = command("serve", "--safe", "--data-dir", str(data_dir), home=data_dir.parent)
    assert ended.returncode == 3
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
