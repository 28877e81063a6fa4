"""Recordings over HTTP: counted once, archived at their end, read by whom they concern, deleted for real."""

import base64
import gzip
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local_server.installation import opened
from local_server.settings import Settings
from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.recordings import begun, item, items, screenshot, sent, stored
from tests.support.reports import report
from tests.support.server import Server
from tests.support.waiting import until


def rows(data: Path, query: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(data / "catalogue.db")) as raw, raw:
        return raw.execute(query, values).fetchall()


def blobs(data: Path) -> set[str]:
    return {path.name for path in (data / "blobs").glob("??/??/*")}


def test_what_is_sent_again_counts_once(server: Server) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer, app="test", width=1920)
    assert sent(viewer, recording, items(1, 5)) == (5, 5)
    assert sent(viewer, recording, items(1, 5)) == (5, 0)
    assert sent(viewer, recording, items(4, 8)) == (8, 3)
    assert sent(viewer, recording, [item(9), item(9), item(9)]) == (9, 1)
    assert stored(viewer, recording) == list(range(1, 10))


def test_a_gap_is_not_acknowledged_and_what_lies_behind_it_is_kept(server: Server) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer)
    assert sent(viewer, recording, items(3, 5)) == (0, 3)
    assert sent(viewer, recording, items(4, 6)) == (0, 1)
    assert sent(viewer, recording, items(1, 2)) == (6, 2)
    assert stored(viewer, recording) == [1, 2, 3, 4, 5, 6]


def test_an_interaction_comes_back_as_it_was_sent(server: Server) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer)
    whole = item(
        1,
        "zoomed",
        picture_id="a" * 32,
        region=[0, 1.5, 200, 300],
        modifiers=["ctrl"],
        offset_ms=1234.5,
        visible=True,
        context={"zoom": 2.1, "page": "viewer", "steps": 3, "kiosk": False, "nothing": None},
    )
    sent(viewer, recording, [whole])
    kept = viewer.get(f"/sessions/{recording}/interactions").json()["items"][0]
    assert datetime.fromisoformat(kept.pop("time")) == datetime.fromisoformat(whole.pop("time"))
    assert kept == whole


def test_a_moment_outside_of_the_viewing_session_is_not_believed(server: Server) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer)
    sent(
        viewer,
        recording,
        [item(1) | {"time": "1999-01-01T00:00:00Z"}, item(2) | {"time": "2999-01-01T00:00:00Z"}],
    )
    early, late = (
        datetime.fromisoformat(each["time"])
        for each in viewer.get(f"/sessions/{recording}/interactions").json()["items"]
    )
    started = datetime.fromisoformat(viewer.session["viewing_session"]["started_at"])
    assert abs(early - started) < timedelta(seconds=6)
    assert late <= datetime.now(UTC) + timedelta(seconds=6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sequence": 0},
        {"sequence": True},
        {"sequence": "1"},
        {"sequence": 2**60},
        {"time": 5},
        {"time": "2026-11-23T09:40:32"},
        {"kind": "No Words"},
        {"picture_id": "../../etc"},
        {"region": [1, 2, 3]},
        {"region": [1, 2, 3, "4"]},
        {"modifiers": ["ctrl"] * 9},
        {"offset_ms": -1},
        {"context": {"deep": {"er": 1}}},
        {"context": {f"k{n}": n for n in range(17)}},
        {"context": {"text": "x" * 257}},
        {"context": {"text": "\x00"}},
        {"more": 1},
    ],
    ids=str,
)
def test_what_is_no_interaction_is_refused_with_its_whole_batch(
    server: Server, wrong: dict[str, Any]
) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer)
    batch = [item(1), item(2) | wrong]
    answer = viewer.post("/interactions", json={"recording_id": recording, "items": batch})
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert stored(viewer, recording) == []


def test_numbers_that_are_none_and_batches_without_end_are_refused(server: Server) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer)
    text = json.dumps({"recording_id": recording, "items": [item(1, offset_ms=float("nan"))]})
    for body in (text, json.dumps({"recording_id": recording, "items": items(1, 501)}), "[" * 5000):
        answer = viewer.post("/interactions", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text


def test_what_lies_too_far_ahead_is_refused(server: Server) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer)
    answer = viewer.post("/interactions", json={"recording_id": recording, "items": [item(10_001)]})
    assert (answer.status_code, answer.json()["code"]) == (409, "sequence_too_far")
    assert sent(viewer, recording, [item(10_000)]) == (0, 1)


@pytest.mark.parametrize("stranger", ["manager", "kiosk", "viewer"])
def test_nobody_writes_to_or_reads_of_somebody_elses(server: Server, stranger: str) -> None:
    admin, other = server.signed_in("admin"), server.signed_in(stranger)
    recording = begun(admin)
    batch = {"recording_id": recording, "items": items(1, 1)}
    address = f"/sessions/{recording}"
    answers = [
        other.post("/interactions", json=batch),
        other.post(f"{address}/screenshots", json=screenshot()),
        other.post(f"{address}/end"),
        other.get(address),
        other.get(f"{address}/interactions"),
        other.get(f"{address}/screenshots"),
        other.get(f"{address}/screenshots/{screenshot()['id']}"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "recording_not_found")
    }
    assert recording not in str(other.get("/sessions").json())


def test_another_sign_in_of_the_same_person_reads_but_does_not_write(server: Server) -> None:
    one, two = server.signed_in("viewer"), server.signed_in("viewer")
    recording = begun(one)
    answer = two.post("/interactions", json={"recording_id": recording, "items": items(1, 1)})
    assert answer.json()["code"] == "recording_not_found"
    assert two.get(f"/sessions/{recording}").status_code == 200


@pytest.mark.parametrize("reader", ["admin", "auditor"])
def test_who_reads_records_reads_all_and_it_is_noted(own_server: Server, reader: str) -> None:
    viewer, staff = own_server.signed_in("viewer"), own_server.signed_in(reader)
    recording = begun(viewer)
    sent(viewer, recording, items(1, 3))
    assert recording in [each["id"] for each in staff.get("/sessions").json()["items"]]
    assert recording not in [each["id"] for each in staff.get("/sessions?own=true").json()["items"]]
    assert stored(staff, recording) == [1, 2, 3]
    assert stored(viewer, recording) == [1, 2, 3]
    noted = staff.get("/activity?kind=recording_read").json()["items"]
    assert [(line["account"], line["what"], line["detail"]) for line in noted] == [
        (reader, "Recording read", "of viewer")
    ]


def test_lists_are_paged_without_loss(own_server: Server) -> None:
    viewer = own_server.signed_in("viewer")
    begun_ones = []
    for _ in range(7):
        begun_ones.append(begun(viewer))
        viewer.post(f"/sessions/{begun_ones[-1]}/end")
    found: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = viewer.get("/sessions", params=params).json()
        found += [each["id"] for each in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == begun_ones[::-1]
    assert viewer.get("/sessions?cursor=nonsense").status_code == 422


def test_nobody_begins_recordings_without_end(own_server: Server) -> None:
    viewer = own_server.signed_in("viewer")
    for _ in range(8):
        begun(viewer)
    answer = viewer.post("/sessions", json={})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_recordings")


def test_an_ended_recording_is_archived_and_takes_no_more(own_server: Server) -> None:
    viewer = own_server.signed_in("viewer")
    recording = begun(viewer, app="test")
    for first in range(1, 1300, 500):
        sent(viewer, recording, items(first, min(first + 499, 1300)))
    shot = screenshot(burst_id="f" * 8 + "-0000-4000-8000-" + "f" * 12, burst_index=0, burst_total=3)
    assert viewer.post(f"/sessions/{recording}/screenshots", json=shot).status_code == 201
    ended = viewer.post(f"/sessions/{recording}/end").json()
    assert (ended["interactions"], ended["screenshots"], ended["archived"]) == (1300, 1, True)
    kept = datetime.fromisoformat(ended["kept_until"]) - datetime.fromisoformat(ended["ended_at"])
    assert kept == timedelta(days=90)
    assert viewer.post(f"/sessions/{recording}/end").json() == ended
    assert rows(own_server.data, "SELECT count(*) FROM interactions") == [(0,)]
    assert stored(viewer, recording) == list(range(1, 1301))
    listed = viewer.get(f"/sessions/{recording}/screenshots").json()["items"]
    assert [(each["id"], each["burst_total"]) for each in listed] == [(shot["id"], 3)]
    assert sent(viewer, recording, items(1, 5)) == (1300, 0)
    late = viewer.post("/interactions", json={"recording_id": recording, "items": [item(1301)]})
    assert (late.status_code, late.json()["code"]) == (409, "recording_ended")
    late = viewer.post(f"/sessions/{recording}/screenshots", json=screenshot())
    assert (late.status_code, late.json()["code"]) == (409, "recording_ended")


def test_a_screenshot_is_sealed_kept_once_and_given_back(own_server: Server) -> None:
    viewer, admin = own_server.signed_in("viewer"), own_server.signed_in("admin")
    recording, another = begun(viewer), begun(viewer)
    shot = screenshot()
    address = f"/sessions/{recording}/screenshots"
    assert [viewer.post(address, json=shot).status_code for _ in range(3)] == [201, 200, 200]
    taken = viewer.post(f"/sessions/{another}/screenshots", json=shot)
    assert (taken.status_code, taken.json()["code"]) == (409, "screenshot_id_taken")
    names = blobs(own_server.data)
    assert len(names) == 1
    pixels = base64.b64decode(shot["content"])
    sealed = next((own_server.data / "blobs").glob("??/??/*")).read_bytes()
    assert pixels[:64] not in sealed
    for client in (viewer, admin):
        back = client.get(f"{address}/{shot['id']}")
        assert (back.content, back.headers["content-type"]) == (pixels, "image/jpeg")
    assert viewer.get(f"{address}/{screenshot()['id']}").json()["code"] == "screenshot_not_found"
    assert len(admin.get("/activity?kind=recording_read").json()["items"]) == 1


@pytest.mark.parametrize(
    "content",
    [
        "not base64!",
        base64.b64encode(b"no picture").decode(),
        base64.b64encode(b"\xff\xd8\xff" + bytes(256 * 1024) + b"\xff\xd9").decode(),
        base64.b64encode(encoded(noise(32, 32, 1), "WEBP")).decode(),
        "",
    ],
    ids=["no base64", "no picture", "too large", "webp", "nothing"],
)
def test_what_is_no_small_picture_is_no_screenshot(server: Server, content: str) -> None:
    viewer = server.signed_in("viewer")
    recording = begun(viewer)
    answer = viewer.post(f"/sessions/{recording}/screenshots", json=screenshot() | {"content": content})
    assert answer.status_code == 422
    assert answer.json()["code"] in ("screenshot_not_accepted", "request_invalid")
    viewer.post(f"/sessions/{recording}/end")


@pytest.fixture
def people(data_dir: Path) -> Path:
    add_people(data_dir)
    return data_dir


def test_what_was_abandoned_is_ended_and_archived_and_in_time_deleted(
    people: Path, new_server: NewServer
) -> None:
    with new_server() as server:
        viewer = server.signed_in("viewer")
        left, kept = begun(viewer, note="MARKERCONTEXT"), begun(viewer)
        for first in range(1, 2000, 250):
            sent(viewer, left, [item(n, context={"m": f"MARKER{n:05}"}) for n in range(first, first + 250)])
            sent(viewer, kept, [item(n, context={"m": f"KEPT{n:05}"}) for n in range(first, first + 250)])
        assert viewer.post(f"/sessions/{left}/screenshots", json=screenshot()).status_code == 201
        sent(viewer, kept, [item(2001)])
        viewer.delete("/session")
    with new_server() as server:
        admin = server.signed_in("admin")
        until(lambda: admin.get(f"/sessions/{left}").json()["archived"], "the archive")
        told = admin.get(f"/sessions/{left}").json()
        assert (told["end_reason"], told["interactions"]) == ("abandoned", 2000)
        assert stored(admin, left) == list(range(1, 2001))
        assert stored(admin, kept) == list(range(1, 2002))
    assert len(blobs(people)) == 3
    rows(people, "UPDATE recordings SET delete_at = '2020-01-01 00:00:00.000000' WHERE id = ?", left)
    with new_server() as server:
        admin = server.signed_in("admin")
        assert admin.get(f"/sessions/{left}").json()["code"] == "recording_not_found"
        until(lambda: not rows(people, "SELECT 1 FROM recordings WHERE id = ?", left), "the deletion")
        assert stored(admin, kept) == list(range(1, 2002))
        lines = admin.get("/activity?kind=records_deleted").json()["items"]
        assert [line["detail"] for line in lines] == ["1, their time was over"]
        until(lambda: b"MARKER" not in everything(people), "the bytes to be gone")
    assert len(blobs(people)) == 1
    assert rows(people, "SELECT count(*) FROM screenshots") == [(0,)]


def everything(data: Path) -> bytes:
    """Return the bytes of the catalogue and its write-ahead log."""
    return b"".join(path.read_bytes() for path in data.glob("catalogue.db*"))


def test_old_evidence_is_deleted_and_the_attempt_stays(people: Path, new_server: NewServer) -> None:

    with new_server() as server:
        viewer = server.signed_in("viewer")
        assert viewer.post("/violations", json=report()).status_code == 201
    assert len(blobs(people)) == 1
    rows(people, "UPDATE violations SET time = '2020-01-01 00:00:00.000000'")
    with new_server() as server:
        admin = server.signed_in("admin")
        until(lambda: not blobs(people), "the deletion")
        until(lambda: admin.get("/activity?kind=evidence_deleted").json()["items"], "the entry")
        attempt = admin.get("/activity?kind=capture_attempt").json()["items"][0]
        assert attempt["evidence"] is False
        assert admin.get("/audit/export").status_code == 200
    assert rows(people, "SELECT evidence_blob FROM violations") == [(None,)]


def test_an_archive_is_json_lines(own_server: Server) -> None:

    viewer = own_server.signed_in("viewer")
    recording = begun(viewer, app="test")
    sent(viewer, recording, items(1, 2))
    viewer.post(f"/sessions/{recording}/end")
    [(blob,)] = rows(own_server.data, "SELECT archive_blob FROM recordings")
    with opened(Settings(data_dir=own_server.data)) as installation:
        lines = gzip.decompress(installation.blobs.get(blob)).splitlines()
    head, first, second = map(json.loads, lines)
    assert (head["format"], head["id"], head["context"]) == (
        "vaultsecure-recording",
        recording,
        {"app": "test"},
    )
    assert (first["sequence"], second["sequence"]) == (1, 2)
