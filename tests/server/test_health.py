"""Health and diagnosis over HTTP, with parts that are really broken."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local_server.app import utc_now
from local_server.database.engine import Database
from local_server.health.alive_command import BEAT
from local_server.health.nodes import known_nodes
from tests.conftest import NewServer
from tests.support.parts.postgresql import PostgreSQL
from tests.support.people import add_people
from tests.support.reports import report
from tests.support.server import Client, Server, command, environment
from tests.support.socket import listening
from tests.support.waiting import until


def test_anyone_may_ask_whether_it_is_healthy_and_learns_no_more(server: Server) -> None:
    answer = server.client().get("/health")
    assert (answer.status_code, set(answer.json())) == (200, {"status"})
    assert server.client(root="").get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("root", ["", "/api"])
def test_without_the_launch_secret_not_even_that(server: Server, root: str) -> None:
    assert server.client(secret=False, root=root).get("/health").status_code == 404


def test_a_forged_token_is_not_an_absent_one(server: Server) -> None:
    client = server.client()
    client.headers["Authorization"] = "Bearer eyJhbGciOiJub25lIn0.e30."
    assert client.get("/health").status_code == 401


@pytest.mark.parametrize("role", ["admin", "manager", "viewer", "kiosk", "auditor"])
def test_who_has_signed_in_sees_each_part(people: Mapping[str, Client], role: str) -> None:
    body = people[role].get("/health").json()
    services = body["services"]
    assert body["timestamp"].endswith("Z")
    assert services["database"]["status"] == "healthy"
    assert services["database"]["latency_ms"] > 0
    assert services["storage"]["free_bytes"] > 0
    assert services["keys"]["kind"] == "file"
    for name in ("redis", "minio", "virus_scan"):
        assert services[name] == {"status": "not configured"}


def eventually(client: Client, status: int) -> dict[str, Any]:
    """Ask until the answer has this status; the checks run every two seconds."""
    deadline = time.monotonic() + 20
    while (answer := client.get("/health")).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
    body = answer.json()
    assert isinstance(body, dict)
    return body


def test_storage_that_breaks_is_told_and_so_is_its_recovery(own_server: Server) -> None:
    viewer, root = own_server.signed_in("viewer"), own_server.client(root="")
    blobs = own_server.data / "blobs"
    aside = blobs.with_name("aside")
    with listening(own_server, viewer.session["access_token"]) as (socket, _):
        blobs.rename(aside)
        blobs.write_bytes(b"a file where the folder was")
        told = eventually(root, 503)
        assert told["status"] == "unhealthy"
        assert [reason.split(":")[0] for reason in told["reasons"]] == ["storage"]
        event = socket.hear_event("service_state")["data"]
        assert (event["service"], event["status"]) == ("storage", "unhealthy")
        assert viewer.get("/health").json()["status"] == "unhealthy"

        blobs.unlink()
        aside.rename(blobs)
        eventually(root, 200)
        event = socket.hear_event("service_state")["data"]
        assert (event["service"], event["status"]) == ("storage", "healthy")
    logged = [json.loads(line) for line in (own_server.data / "logs" / "server.log").read_text().splitlines()]
    changes = [(e["service"], e["status"]) for e in logged if e["event"] == "service state"]
    assert [change for change in changes if change[0] == "storage"] == [
        ("storage", "unhealthy"),
        ("storage", "healthy"),
    ]


def test_evidence_without_room_for_it_does_not_cost_the_report(own_server: Server) -> None:
    viewer, admin = own_server.signed_in("viewer"), own_server.signed_in("admin")
    blobs = own_server.data / "blobs"
    aside = blobs.with_name("aside")
    blobs.rename(aside)
    blobs.write_bytes(b"a file where the folder was")
    assert viewer.post("/violations", json=report()).status_code == 201
    blobs.unlink()
    aside.rename(blobs)
    line = admin.get("/activity", params={"kind": "capture_attempt"}).json()["items"][0]
    assert line["evidence"] is False


def test_diagnosis_is_for_the_admin_and_holds_no_secret(server: Server, people: Mapping[str, Client]) -> None:
    for role in ("manager", "viewer", "kiosk", "auditor"):
        assert people[role].get("/debug").status_code == 403
    answer = people["admin"].get("/debug")
    body = answer.json()
    assert answer.status_code == 200
    assert body["settings"]["data_dir"] == str(server.data)
    assert body["versions"]["sqlalchemy"]
    assert body["processes"][0]["pid"] == server.process.pid
    assert body["discovery"]["pictures"] == {}
    assert body["health"]["services"]["database"]["status"] == "healthy"
    key = (server.data / "keys" / "master.key").read_text().strip()
    for secret in (server.secret, key, people["admin"].session["access_token"]):
        assert secret not in answer.text


def test_health_says_when_a_file_is_all_that_guards_the_key(
    server: Server, people: Mapping[str, Client]
) -> None:
    detail = people["viewer"].get("/health").json()["services"]["keys"]["detail"]
    assert "keys/master.key" in detail
    assert Path(server.data / "keys" / "master.key").stat().st_mode & 0o777 == 0o600


def test_the_nodes_of_the_house_are_told_and_go_with_a_clean_end(
    data_dir: Path, new_server: NewServer
) -> None:
    add_people(data_dir)
    with new_server() as server:
        admin = server.signed_in("admin")
        kinds = until(
            lambda: len(found := admin.get("/debug").json()["nodes"]) == 2 and found, "server and worker"
        )
        assert kinds
        assert [(node["kind"], node["alive"]) for node in kinds] == [("server", True), ("worker", True)]
        assert kinds[0]["pid"] == server.process.pid
    database = Database(data_dir / "catalogue.db")
    assert known_nodes(database, utc_now) == []
    database.close()


def test_a_worker_by_itself_is_seen_and_missed(data_dir: Path, new_server: NewServer) -> None:
    add_people(data_dir)
    with new_server(START_WORKER="false") as server:
        viewer = server.signed_in("viewer")

        def state() -> Any:
            return viewer.get("/health").json()["services"]["worker"]["status"]

        until(lambda: state() == "degraded", "the lack of a worker to be told")
        worker = subprocess.Popen(
            [sys.executable, "-m", "local_server", "worker", "--data-dir", str(data_dir)],
            env=environment(data_dir.parent),
            cwd=data_dir.parent,
            stdout=subprocess.DEVNULL,
        )
        try:
            until(lambda: state() == "healthy", "the worker to be seen")
            worker.kill()
            worker.wait()
            until(lambda: state() == "degraded", "the death of the worker to be told")
        finally:
            worker.kill()
            worker.wait()


@contextmanager
def alone(data_dir: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command of the server as an operator does, without a parent that speaks with it."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", *arguments, "--data-dir", str(data_dir)],
        env=environment(data_dir.parent, more),
        cwd=data_dir.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_container_logs_to_standard_output_and_checks_its_own_health(data_dir: Path) -> None:
    add_people(data_dir)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    with alone(data_dir, "serve", "--port", port, LOG_TO="stdout", START_WORKER="false") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("{") and json.loads(line)["event"] == "began":
                break
        well = command("health", "--port", port, home=data_dir.parent)
        assert (well.returncode, well.stdout) == (0, "ok\n"), well.stdout
        for line in process.stdout:
            if line.startswith("{") and json.loads(line)["event"] == "request":
                assert json.loads(line)["path"] == "/health"
                break
        blobs = data_dir / "blobs"
        blobs.rename(blobs.with_name("aside"))
        blobs.write_bytes(b"a file where the folder was")

        def words() -> str:
            asked = command("health", "--port", port, home=data_dir.parent)
            return asked.stdout if asked.returncode == 1 else ""

        ill = until(words, "the broken storage to be told")
        assert ill.startswith("unhealthy: storage: the folder of sealed pictures cannot be written")
        blobs.unlink()
        blobs.with_name("aside").rename(blobs)
    assert not (data_dir / "logs" / "server.log").exists()
    gone = command("health", "--port", port, home=data_dir.parent)
    assert (gone.returncode, "does not answer" in gone.stdout) == (1, True)


def test_a_worker_in_a_container_checks_its_own_health(data_dir: Path) -> None:
    add_people(data_dir)
    asked = ("health", "--worker", "--data-dir", str(data_dir))
    assert command(*asked, home=data_dir.parent).returncode == 1
    with alone(data_dir, "worker", LOG_TO="stdout"):
        until((data_dir / "locks" / BEAT).exists, "the worker's first sign of life")
        assert command(*asked, home=data_dir.parent).returncode == 0
        os.utime(data_dir / "locks" / BEAT, (0, 0))
        until(lambda: command(*asked, home=data_dir.parent).returncode == 0, "its next sign of life")
    os.utime(data_dir / "locks" / BEAT, (0, 0))
    silent = command(*asked, home=data_dir.parent)
    assert (silent.returncode, "is silent" in silent.stdout) == (1, True)


def test_a_database_that_hangs_is_told_while_every_thread_waits_for_it(
    data_dir: Path, new_server: NewServer, postgresql: PostgreSQL, database_url: str
) -> None:
    with new_server(DATABASE_URL=database_url, START_WORKER="false") as server:
        root = server.client(root="")
        assert root.get("/health").status_code == 200
        with ThreadPoolExecutor(50) as waiting:
            postgresql.pause()
            try:
                # More than the server has threads for.
                for _ in range(50):
                    waiting.submit(lambda: server.client().get("/test"))
                told = eventually(root, 503)
                assert [reason.split(":")[0] for reason in told["reasons"]] == ["database"]
                metrics = root.get("/metrics")
                assert 'part_state{part="database",state="unhealthy"} 1.0' in metrics.text
            finally:
                postgresql.resume()
        assert eventually(root, 200) == {"status": "ok"}


def test_a_database_that_is_away_is_told_and_so_is_its_return(
    data_dir: Path, new_server: NewServer, postgresql: PostgreSQL, database_url: str
) -> None:
    with new_server(DATABASE_URL=database_url, START_WORKER="false") as server:
        root = server.client(root="")
        with postgresql.away():
            assert eventually(root, 503)["status"] == "unhealthy"
        assert eventually(root, 200) == {"status": "ok"}
