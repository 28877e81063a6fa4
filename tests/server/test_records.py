"""Capture attempts, from the report to the audit log and the activity list, over HTTP."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.reports import report, small_jpeg
from tests.support.server import Client, Server


def activity(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/activity", params=query)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert isinstance(items, list)
    return items


def attempt(people: Mapping[str, Client], identifier: str) -> dict[str, Any]:
    """Return the audit entry of a report."""
    export = people["admin"].get("/audit/export")
    entries = [
        entry for entry in map(_json, export.text.splitlines()) if entry.get("kind") == "capture_attempt"
    ]
    found = [entry for entry in entries if entry["detail"]["violation"] == identifier]
    assert len(found) == 1
    return found[0]


def _json(line: str) -> dict[str, Any]:
    value = json.loads(line)
    assert isinstance(value, dict)
    return value


def test_a_report_is_in_the_activity_list_with_its_evidence(people: Mapping[str, Client]) -> None:
    body = report()
    answer = people["viewer"].post("/violations", json=body)
    assert (answer.status_code, answer.json()) == (201, {"id": body["id"]})

    line = activity(people["admin"], kind="capture_attempt", limit=1)[0]
    assert (line["account"], line["what"], line["severity"]) == ("viewer", "Capture attempt", "alarm")
    assert line["detail"] == "scrot read 1440×900 · hidden in 3 ms"
    assert line["evidence"] is True
    for reader in ("admin", "auditor"):
        evidence = people[reader].get(f"/activity/{line['sequence']}/evidence")
        assert (evidence.status_code, evidence.headers["content-type"]) == (200, "image/jpeg")
        assert evidence.content == small_jpeg()

    entry = attempt(people, body["id"])
    assert entry["detail"]["culprit"] == body["culprit"]
    assert entry["detail"]["region"] == body["region"]
    assert entry["viewing_session"] == people["viewer"].session["viewing_session"]["id"]


def test_evidence_is_sealed_at_rest(own_server: Server) -> None:
    body = report()
    assert own_server.signed_in("viewer").post("/violations", json=body).status_code == 201
    blobs = [path.read_bytes() for path in (own_server.data / "blobs").rglob("*-evidence")]
    assert len(blobs) == 1
    assert b"JFIF" not in blobs[0]
    assert b"\xff\xd8\xff" not in blobs[0]


def test_a_repeated_report_counts_once(people: Mapping[str, Client]) -> None:
    body = report()
    answers = [people["viewer"].post("/violations", json=body).status_code for _ in range(3)]
    assert answers == [201, 200, 200]
    attempt(people, body["id"])


def test_another_persons_report_cannot_be_repeated_or_replaced(people: Mapping[str, Client]) -> None:
    body = report(evidence=None)
    assert people["viewer"].post("/violations", json=body).status_code == 201
    answer = people["kiosk"].post("/violations", json={**body, "hidden": False})
    assert (answer.status_code, answer.json()["code"]) == (409, "report_id_taken")
    assert attempt(people, body["id"])["detail"]["hidden"] is True


@pytest.mark.parametrize("hours", [-24 * 365, 24 * 365])
def test_the_time_of_a_report_lies_within_its_session(people: Mapping[str, Client], hours: int) -> None:
    reported = datetime.now(UTC) + timedelta(hours=hours)
    body = report(time=reported.isoformat(), evidence=None)
    assert people["viewer"].post("/violations", json=body).status_code == 201
    detail = attempt(people, body["id"])["detail"]
    began = datetime.fromisoformat(people["viewer"].session["viewing_session"]["started_at"])
    assert began - timedelta(seconds=5) <= datetime.fromisoformat(detail["time"]) <= datetime.now(UTC)
    assert datetime.fromisoformat(detail["reported_time"]) == reported


def test_a_picture_that_is_not_there_does_not_cost_the_report(people: Mapping[str, Client]) -> None:
    body = report(picture_id=uuid4().hex, evidence=None)
    assert people["viewer"].post("/violations", json=body).status_code == 201
    assert attempt(people, body["id"])["picture"] is None


def test_names_that_cannot_be_stored_do_not_cost_the_report(people: Mapping[str, Client]) -> None:
    culprit = {"pid": 1, "name": "gr\udcffab", "executable": "/opt/gr\udcffab", "script": "x" * 5000}
    body = report(culprit=culprit, evidence=None)
    # The desktop sends what the kernel gave it: a lone surrogate for a byte that is not UTF-8.
    answer = people["viewer"].post(
        "/violations", content=_ascii_json(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 201
    kept = attempt(people, body["id"])["detail"]["culprit"]
    assert kept == {**culprit, "name": "gr\\udcffab", "executable": "/opt/gr\\udcffab", "script": "x" * 256}


def test_a_program_cannot_disguise_its_name(people: Mapping[str, Client]) -> None:
    body = report(culprit={"name": "gpj.\u202egrab\0\n"}, evidence=None)
    assert people["viewer"].post("/violations", json=body).status_code == 201
    assert attempt(people, body["id"])["detail"]["culprit"]["name"] == "gpj.\\u202egrab\\x00\\n"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_moment_beyond_the_calendar_is_refused(people: Mapping[str, Client], moment: str) -> None:
    answer = people["viewer"].post("/violations", json=report(time=moment, evidence=None))
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def _ascii_json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=True).encode()


@pytest.mark.parametrize(
    "evidence",
    [
        "no base64!",
        base64.b64encode(b"\x89PNG\r\n").decode(),
        base64.b64encode(b"\xff\xd8\xff" + bytes(100)).decode(),
        base64.b64encode(b"\xff\xd8\xff" + bytes(64 * 1024) + b"\xff\xd9").decode(),
        base64.b64encode(bytes(512 * 1024)).decode(),
    ],
    ids=["no-base64", "png", "cut-short", "too-large", "far-too-large"],
)
def test_evidence_that_is_no_small_jpeg_is_refused(people: Mapping[str, Client], evidence: str) -> None:
    answer = people["viewer"].post("/violations", json=report(evidence=evidence))
    assert answer.status_code == 422
    assert answer.json()["advice"]


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "1"},
        {"time": "yesterday"},
        {"time": "2026-11-23T09:00:00"},
        {"kind": "Read; DROP TABLE"},
        {"level": "secret"},
        {"confidence": 2},
        {"region": [0, 0, 10]},
        {"region": [0, 0, 10, 10**12]},
        {"shield_ms": -1},
        {"culprit": {"pid": -5}},
        {"hidden": None},
    ],
)
def test_a_report_that_cannot_be_is_refused(people: Mapping[str, Client], changed: dict[str, Any]) -> None:
    answer = people["viewer"].post("/violations", json=report(evidence=None, **changed))
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_reports_beyond_any_guards_pace_are_put_off(own_server: Server) -> None:
    viewer = own_server.signed_in("viewer")
    answers = [viewer.post("/violations", json=report(evidence=None)) for _ in range(125)]
    assert {answer.status_code for answer in answers[:120]} == {201}
    late = answers[-1]
    assert (late.status_code, late.json()["code"], late.headers["retry-after"]) == (
        429,
        "too_many_reports",
        "60",
    )


def test_the_list_pages_without_a_gap_or_a_repetition(own_server: Server) -> None:
    viewer, admin = own_server.signed_in("viewer"), own_server.signed_in("admin")
    for _ in range(7):
        viewer.post("/violations", json=report(evidence=None))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = admin.get("/activity", params=query).json()
        seen += [line["sequence"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == list(range(seen[0], 0, -1))
    captures = activity(admin, kind="capture_attempt")
    assert [line["kind"] for line in captures] == ["capture_attempt"] * 7
    both = admin.get("/activity", params=[("kind", "capture_attempt"), ("kind", "signed_in")]).json()["items"]
    assert {line["kind"] for line in both} == {"capture_attempt", "signed_in"}


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 40])
def test_a_cursor_of_no_list_is_refused(people: Mapping[str, Client], cursor: str) -> None:
    answer = people["admin"].get("/activity", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


@pytest.mark.parametrize("sequence", [1, 999_999])
def test_an_entry_without_evidence_has_none(people: Mapping[str, Client], sequence: int) -> None:
    answer = people["admin"].get(f"/activity/{sequence}/evidence")
    assert (answer.status_code, answer.json()["code"]) == (404, "evidence_not_found")


def test_the_summary_counts(own_server: Server) -> None:
    viewer, admin = own_server.signed_in("viewer"), own_server.signed_in("admin")
    before = admin.get("/activity/summary").json()
    assert before["viewing_now"] == {"total": 2, "by_client": {"desktop": 2}}
    assert before["captures_7d"] == {"total": 0, "hidden": 0}
    assert before["response_p95_ms"] is None
    for hidden in (True, True, False):
        viewer.post("/violations", json=report(hidden=hidden, evidence=None))
    viewer.delete("/session")
    after = admin.get("/activity/summary").json()
    assert after["viewing_now"] == {"total": 1, "by_client": {"desktop": 1}}
    assert after["captures_7d"] == {"total": 3, "hidden": 2}
    assert after["shown_today"] == {"pictures": 0, "people": 0}
    assert after["restarts"] == 0
    assert 0 < after["uptime_s"] < 600
    assert after["violations_by_kind_7d"] == {"get_image": 3}
    server = after["server"]
    assert (server["pictures_asked"], server["picture_success"]) == (0, None)
    assert (server["client_errors"], server["restarts"]) == (0, 0)
    viewer.get("/secure/image/0123/view")
    asked = admin.get("/activity/summary").json()["server"]
    assert (asked["pictures_asked"], asked["picture_success"]) == (1, 0.0)
    # All its lines but the first and the last are entries, and one of them is the export's own.
    entries = len(admin.get("/audit/export").text.splitlines()) - 2
    assert after["audit"] == {"entries": entries - 1, "intact": True}


def test_a_server_that_its_parent_starts_again_counts_the_restart(
    new_server: NewServer, data_dir: Any
) -> None:
    add_people(data_dir)
    counted = []
    for _ in range(2):
        with new_server() as server:
            counted.append(server.signed_in("admin").get("/activity/summary").json()["restarts"])
    assert counted == [0, 1]


@pytest.mark.parametrize("path", ["/activity", "/activity/summary", "/activity/1/evidence", "/audit/export"])
@pytest.mark.parametrize("role", ["manager", "viewer", "kiosk"])
def test_records_are_for_admin_and_auditor(people: Mapping[str, Client], path: str, role: str) -> None:
    assert people[role].get(path).status_code == 403


def test_an_auditor_reports_nothing(people: Mapping[str, Client]) -> None:
    assert people["auditor"].post("/violations", json=report()).status_code == 403
