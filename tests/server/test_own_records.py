"""What is recorded about somebody is shown to them and to nobody else; the status tells how much there is."""

from datetime import datetime, timedelta

import pytest

from tests.support.recordings import begun, items, screenshot, sent
from tests.support.reports import report
from tests.support.server import ROLES, Server


def test_everybody_sees_what_is_recorded_about_them_and_until_when(own_server: Server) -> None:
    viewer, other = own_server.signed_in("viewer"), own_server.signed_in("manager")
    recording = begun(viewer)
    sent(viewer, recording, items(1, 3))
    viewer.post(f"/sessions/{recording}/screenshots", json=screenshot())
    viewer.post("/violations", json=report())
    other.post("/violations", json=report(evidence=None))
    viewer.post(f"/sessions/{recording}/end")
    lines = viewer.get("/session/records").json()["items"]
    capture, told, sign_in = lines
    assert [line["kind"] for line in lines] == ["capture", "recording", "sign_in"]
    assert (sign_in["facts"]["machine"], sign_in["kept_until"]) == ("test machine", None)
    assert (told["id"], told["facts"]["interactions"], told["facts"]["screenshots"]) == (recording, 3, 1)
    kept = datetime.fromisoformat(told["kept_until"]) - datetime.fromisoformat(told["facts"]["ended_at"])
    assert kept == timedelta(days=90)
    kept = datetime.fromisoformat(capture["kept_until"]) - datetime.fromisoformat(capture["time"])
    assert (capture["facts"]["evidence"], kept) == (True, timedelta(days=365))
    [one] = [line for line in other.get("/session/records").json()["items"] if line["kind"] == "capture"]
    assert (one["facts"]["evidence"], one["kept_until"]) == (False, None)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_its_sign_in(server: Server, role: str) -> None:
    person = server.signed_in(role)
    lines = person.get("/session/records?kind=sign_in&limit=1").json()["items"]
    assert [line["id"] for line in lines] == [person.session["viewing_session"]["id"]]


def test_a_wrong_cursor_or_kind_is_refused(server: Server) -> None:
    viewer = server.signed_in("viewer")
    assert viewer.get("/session/records?cursor=nonsense").json()["code"] == "bad_cursor"
    assert viewer.get("/session/records?kind=secrets").json()["code"] == "request_invalid"


def test_the_status_counts_what_there_is(own_server: Server) -> None:
    viewer, auditor = own_server.signed_in("viewer"), own_server.signed_in("auditor")
    before = auditor.get("/status").json()
    recording, still_open = begun(viewer), begun(viewer)
    sent(viewer, recording, items(1, 3))
    sent(viewer, still_open, items(1, 4))
    viewer.post(f"/sessions/{recording}/end")
    viewer.post("/violations", json=report())
    status = auditor.get("/status").json()
    assert (before["database"]["status"], before["database"]["engine"]) == ("healthy", "SQLite")
    counts = status["counts"]
    assert (counts["people"], counts["violations"], counts["events"] > before["counts"]["events"]) == (
        5,
        1,
        True,
    )
    assert (counts["recordings"], counts["open_recordings"], counts["interactions"]) == (2, 1, 7)
    assert status["metrics"]["uptime_s"] > 0
