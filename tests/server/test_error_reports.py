"""POST /logs: errors of clients are taken, scrubbed, bounded, and kept out of the audit log."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.server import ROLES, Client, Server

MOMENT = "2026-11-25T21:00:00.000Z"


def entry(**more: Any) -> dict[str, Any]:
    return {"time": MOMENT, "level": "error", "logger": "bug", "message": "It broke.", **more}


def batch(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"version": "0.1.0", "entries": list(entries or [entry()])}


def written(server: Server) -> list[dict[str, Any]]:
    path = server.data / "logs" / "client.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_is_signed_in_may_report(
    role: str, people: Mapping[str, Client], server: Server
) -> None:
    mark = f"said by {role}"
    answer = people[role].post(
        "/logs", json=batch(entry(message=mark, context={"page": "viewer", "tries": 3}))
    )
    assert (answer.status_code, answer.json()) == (202, {"taken": 1})
    (line,) = [line for line in written(server) if line["event"] == mark]
    assert (line["level"], line["logger"], line["version"], line["role"]) == ("error", "bug", "0.1.0", role)
    assert line["viewing_session"] == people[role].session["viewing_session"]["id"]
    assert line["reported_time"] == MOMENT.replace("Z", "+00:00")
    assert line["context"] == {"page": "viewer", "tries": 3}
    assert line["address"] == "127.0.0.1"


def test_nothing_secret_is_written(people: Mapping[str, Client], server: Server) -> None:
    token = people["viewer"].session["access_token"]
    report = batch(
        entry(
            logger=f"bug\x1b[31m{server.secret}",
            message=f"launch {server.secret}\x1b]0;owned\x07\u202e and Bearer {token}",
            traceback=f"Traceback:\n\tGET /view?token={token}\n  '/home/annabell/x'\x00 by anna@example.org",
            context={"password": "geese", "url": f"http://a:geese@host/?view_token={token}"},
        )
    )
    assert people["viewer"].post("/logs", json=report).status_code == 202
    text = (server.data / "logs" / "client.log").read_text()
    for secret in (server.secret, token, "annabell", "anna@example.org", "geese"):
        assert secret not in text
    line = written(server)[-1]
    assert "\\x1b]0;owned\\x07\\u202e" in line["event"]
    assert line["traceback"].startswith("Traceback:\n\t")
    assert all(part.isprintable() for part in line["traceback"].replace("\t", "").split("\n"))
    assert line["context"]["password"] == "[redacted]"


def test_the_audit_log_and_the_error_log_hear_nothing(people: Mapping[str, Client], server: Server) -> None:
    mark = "only in the log of clients"
    assert people["viewer"].post("/logs", json=batch(entry(message=mark))).status_code == 202
    assert mark not in people["admin"].get("/audit/export").text
    logs = server.data / "logs"
    assert [path.name for path in logs.glob("*.log") if mark in path.read_text()] == ["client.log"]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"version": "1", "entries": []},
        batch(*[entry()] * 21),
        batch(entry(level="info")),
        batch(entry(message="x" * 4097)),
        batch(entry(traceback="x" * 32_769)),
        batch(entry(time="2026-11-25T21:00:00")),
        batch(entry(context={"nested": {"a": 1}})),
        batch(entry(context={f"a{number}": 1 for number in range(17)})),
        batch(entry(context={"Not a name": 1})),
        batch(entry(context={"big": 10**400})),
        batch(entry(more=1)),
        {**batch(), "more": 1},
    ],
)
def test_what_is_no_report_is_refused(broken: dict[str, Any], people: Mapping[str, Client]) -> None:
    answer = people["viewer"].post("/logs", json=broken)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_a_batch_is_bounded_as_a_whole(people: Mapping[str, Client]) -> None:
    answer = people["viewer"].post("/logs", json=batch(*[entry(traceback="x" * 32_000)] * 5))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_clock_that_is_far_off_costs_nothing(time: str, people: Mapping[str, Client]) -> None:
    assert people["viewer"].post("/logs", json=batch(entry(time=time))).status_code == 202


def test_they_are_counted(people: Mapping[str, Client], server: Server) -> None:
    def counted() -> float:
        text = server.client(root="").get("/metrics").text
        (line,) = [line for line in text.splitlines() if line.startswith("vaultsecure_client_errors_total ")]
        return float(line.split()[1])

    before = counted()
    entries = [entry(), entry(level="critical"), entry(level="warning")]
    assert people["viewer"].post("/logs", json=batch(*entries)).status_code == 202
    assert counted() == before + 2


def test_a_person_may_not_report_without_end(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(REPORT_RATE="3/minute") as server:
        viewer, admin = server.signed_in("viewer"), server.signed_in("admin")
        assert [viewer.post("/logs", json=batch()).status_code for _ in range(4)] == [202, 202, 202, 429]
        refused = admin.post("/logs", json=batch())
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests"), "one address"
        assert int(refused.headers["Retry-After"]) >= 1


def test_a_full_disk_is_an_outage(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server() as server:
        (data_dir / "logs" / "client.log").symlink_to("/dev/full")
        answer = server.signed_in("viewer").post("/logs", json=batch())
        assert (answer.status_code, answer.json()["code"]) == (503, "client_log_unwritable")
        assert server.bugs() == []
