"""Tracing over the interface: who may, what is found in which kind of file, what is said meanwhile."""

import io
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.server.test_trace import view
from tests.support.people import add_people
from tests.support.server import Client, Server, command, running

SAMPLES: Final = sorted((Path(__file__).resolve().parents[2] / "resources" / "samples").glob("*.jpg"))[:4]


@dataclass(frozen=True)
class House:
    """A running server, a viewer and a kiosk, and what both were shown: by picture id, the viewer's copy."""

    server: Server
    admin: Client
    auditor: Client
    viewer: Client
    kiosk: Client
    copies: Mapping[str, Image.Image]
    kiosks: Mapping[str, Image.Image]

    def mark(self, client: Client) -> str:
        return str(client.session["viewing_session"]["mark_id"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("house") / "data"
    add_people(data)
    imported = command("import", *map(str, SAMPLES), "--data-dir", str(data), home=data.parent)
    assert imported.returncode == 0, imported.stderr
    with running(data) as server:
        viewer, kiosk = server.signed_in("viewer"), server.signed_in("kiosk")
        copies = {one["id"]: view(viewer, one, "screen") for one in viewer.get("/images").json()["items"]}
        kiosks = {one["id"]: view(kiosk, one, "screen") for one in kiosk.get("/images").json()["items"][:1]}
        assert set(kiosks) <= set(copies)
        yield House(
            server, server.signed_in("admin"), server.signed_in("auditor"), viewer, kiosk, copies, kiosks
        )


def begin(client: Client, content: bytes, name: str = "leak.jpg") -> str:
    answer = client.post("/trace", files={"file": (name, content, "application/octet-stream")})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def ended(client: Client, trace_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while (trace := client.get(f"/trace/{trace_id}").json())["state"] in ("waiting", "running"):
        assert time.monotonic() < deadline, trace
        time.sleep(0.1)
    assert isinstance(trace, dict)
    return trace


def traced(client: Client, content: bytes, name: str = "leak.jpg") -> dict[str, Any]:
    trace = ended(client, begin(client, content, name))
    assert (trace["state"], trace["failure"]) == ("done", None)
    result = trace["result"]
    assert isinstance(result, dict)
    return result


def packed(image: Image.Image, form: str = "JPEG", **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **how)
    return buffer.getvalue()


def test_a_copy_names_person_session_and_picture_with_evidence(house: House) -> None:
    picture, copy = next(iter(house.copies.items()))
    trace_id = begin(house.admin, packed(copy.crop((200, 100, 1400, 900)), quality=75), "../Böses Leck.jpg")
    trace = ended(house.admin, trace_id)
    assert (trace["account"], trace["name"], trace["pictures_kept"]) == ("admin", "Böses Leck.jpg", True)
    result = trace["result"]
    (mark,) = result["marks"]
    session = house.viewer.session["viewing_session"]
    assert (mark["account"], mark["mark"], mark["picture"]) == ("viewer", session["mark_id"], picture)
    assert (mark["viewing_session"], mark["machine"]) == (session["id"], "test machine")
    assert (mark["certainty"], mark["time"] >= mark["session_started_at"]) == ("certain", True)
    (spot,) = mark["spots"]
    box = np.array(spot["box"])
    assert (spot["layer"], box.min() < 0.1, box.max() > 0.9) == ("pixels", True, True)
    shown = result["pictures"][0]
    assert shown["picture"] == picture
    assert shown["certainty"] in ("certain", "likely")
    assert {one["account"] for one in shown["people"]} >= {"viewer"}
    assert shown["view_token"]
    preview = house.admin.get(f"/trace/{trace_id}/parts/0")
    assert (preview.status_code, preview.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(preview.content)).size == (1024, 683)


def test_the_auditor_gets_names_and_no_picture(house: House) -> None:
    copy = next(iter(house.copies.values()))
    trace_id = begin(house.auditor, packed(copy, quality=80))
    trace = ended(house.auditor, trace_id)
    assert [mark["account"] for mark in trace["result"]["marks"]] == ["viewer"]
    assert trace["pictures_kept"] is False
    assert [one["view_token"] for one in trace["result"]["pictures"]] == [None]
    assert house.auditor.get(f"/trace/{trace_id}/parts/0").status_code == 403


def test_where_the_mark_is_gone_those_are_named_who_were_shown_the_picture(house: House) -> None:
    picture = next(iter(house.kiosks))
    gone = house.copies[picture].filter(ImageFilter.GaussianBlur(6)).resize((420, 280))
    result = traced(house.admin, packed(gone, quality=30))
    assert (result["outcome"], result["marks"]) == ("recognised", [])
    (shown,) = result["pictures"]
    assert shown["picture"] == picture
    assert {one["account"] for one in shown["people"]} == {"viewer", "kiosk"}
    assert shown["people_in_all"] == 2


def test_a_photograph_from_elsewhere_leads_nowhere(house: House) -> None:
    noise = np.random.default_rng(5).normal(128, 40, (30, 40, 3)).clip(0, 255).astype(np.uint8)
    elsewhere = Image.fromarray(noise).resize((900, 600), Image.Resampling.BICUBIC)
    result = traced(house.admin, packed(elsewhere))
    assert (result["outcome"], result["marks"], result["pictures"]) == ("nothing", [], [])


def test_what_is_no_picture_says_so(house: House) -> None:
    result = traced(house.admin, b"not a picture at all", "text.jpg")
    assert (result["outcome"], result["refused"]["code"], result["parts"]) == ("refused", "not_a_picture", [])


def test_the_pages_of_a_document_are_traced(house: House) -> None:
    (first, one), (second, two) = list(house.copies.items())[:2]
    document = packed(one, "PDF", save_all=True, append_images=[two], quality=80)
    result = traced(house.admin, document, "leak.pdf")
    assert [part["label"] for part in result["parts"]] == ["page 1", "page 2"]
    (mark,) = result["marks"]
    assert {spot["part"] for spot in mark["spots"]} == {0, 1}
    assert {(one["part"], one["picture"]) for one in result["pictures"]} == {(0, first), (1, second)}


def test_the_frames_of_a_video_are_traced(house: House, tmp_path: Path) -> None:
    picture, copy = list(house.copies.items())[2]

    copy.crop((0, 0, 1280, 720)).save(tmp_path / "frame.png")
    made = ["ffmpeg", "-v", "error", "-loop", "1", "-i", "frame.png", "-t", "1", "-r", "10"]
    subprocess.run([*made, "-pix_fmt", "yuv420p", "-crf", "23", "leak.mp4"], cwd=tmp_path, check=True)
    result = traced(house.admin, (tmp_path / "leak.mp4").read_bytes(), "leak.mp4")
    assert [part["label"] for part in result["parts"]] == ["at 0:00.0", "at 0:00.5"]
    assert [mark["account"] for mark in result["marks"]] == ["viewer"]
    assert [one["picture"] for one in result["pictures"]] == [picture]


def test_traces_are_listed_and_in_the_audit_log(house: House) -> None:
    content = packed(next(iter(house.copies.values())), quality=85)
    ended(house.admin, begin(house.admin, content, "listed.jpg"))
    first = house.auditor.get("/trace", params={"limit": 1}).json()
    assert [one["name"] for one in first["items"]] == ["listed.jpg"]
    older = house.auditor.get("/trace", params={"limit": 100, "cursor": first["next"]}).json()
    assert older["items"]
    assert older["next"] is None
    assert first["items"][0]["id"] not in {one["id"] for one in older["items"]}
    line = house.admin.get("/activity", params={"kind": "leak_traced"}).json()["items"][0]
    assert (line["account"], line["what"]) == ("admin", "Leak traced")
    assert line["detail"] == f"listed.jpg · {house.mark(house.viewer)} viewer"


def test_others_are_served_meanwhile_and_a_trace_can_be_cancelled(house: House) -> None:
    noise = np.random.default_rng(6).integers(0, 256, (2000, 3000, 3), np.uint8)
    content = packed(Image.fromarray(noise), quality=60)
    running_one, waiting = begin(house.admin, content), begin(house.admin, content)
    assert house.viewer.get("/images").status_code == 200
    cancelled = house.admin.delete(f"/trace/{waiting}").json()
    assert (cancelled["state"], cancelled["result"]) == ("cancelled", None)
    assert house.admin.delete(f"/trace/{running_one}").json()["state"] == "cancelled"
    assert house.admin.delete(f"/trace/{running_one}").json()["state"] == "cancelled", "it stays"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"files": {"file": (None, "no file")}}, "nothing_to_trace"),
        ({"json": {}}, "not_multipart"),
        ({"files": [("file", ("a", b"a")), ("file", ("b", b"b"))]}, "too_many_files"),
    ],
)
def test_a_request_without_one_file_is_refused(house: House, body: dict[str, Any], code: str) -> None:
    spool = house.server.data / "uploads"
    before = set(spool.iterdir())
    answer = house.admin.post("/trace", **body)
    assert (answer.json()["code"], answer.status_code < 500) == (code, True)
    assert set(spool.iterdir()) <= before, "nothing of it is left"


def test_a_trace_that_nobody_knows_is_said_to_be_unknown(house: House) -> None:
    for path in ("/trace/nobody", "/trace/nobody/parts/0"):
        assert house.admin.get(path).json()["code"] == "trace_unknown"


def test_a_long_file_and_a_hasty_person_are_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_people(data)
    with running(data, TRACE_RATE="2/hour", MAX_FILE_SIZE="1MB") as server:
        admin = server.signed_in("admin")
        answer = admin.post("/trace", files={"file": ("long.mp4", bytes(1_004_000))})
        assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
        assert ended(admin, begin(admin, b"x"))["state"] == "done"
        assert admin.post("/trace", files={"file": ("a.jpg", b"a")}).status_code == 429
        assert not list((data / "uploads").iterdir())


def test_what_a_stopped_server_had_not_done_is_lost_and_said_to_be(tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_people(data)
    noise = np.random.default_rng(7).integers(0, 256, (2000, 3000, 3), np.uint8)
    content = packed(Image.fromarray(noise), quality=60)
    with running(data) as server:
        admin = server.signed_in("admin")
        ids = [begin(admin, content) for _ in range(2)]
    with running(data) as server:
        admin = server.signed_in("admin")
        found = [admin.get(f"/trace/{one}").json() for one in ids]
        assert [one["state"] for one in found] == ["failed", "failed"]
        assert [one["failure"]["code"] for one in found] == ["trace_lost", "trace_lost"]
        assert not list((data / "uploads").iterdir())


def test_two_who_mixed_their_copies_are_both_named(house: House) -> None:
    picture, one = next(iter(house.kiosks.items()))
    mixed = Image.blend(one, house.copies[picture], 0.5)
    result = traced(house.admin, packed(mixed, quality=90))
    assert {mark["account"] for mark in result["marks"]} == {"viewer", "kiosk"}
    assert {mark["picture"] for mark in result["marks"]} == {picture}


def test_a_copy_that_was_turned_is_read(house: House) -> None:
    picture, copy = list(house.copies.items())[1]
    turned = copy.rotate(-7, Image.Resampling.BICUBIC).crop((300, 200, 1300, 1000))
    result = traced(house.admin, packed(turned, quality=80))
    (mark,) = result["marks"]
    assert (mark["account"], mark["picture"]) == ("viewer", picture)
    assert mark["spots"][0]["rotation"] == pytest.approx(7, abs=0.5)


def test_an_enlarged_detail_names_its_picture(house: House) -> None:
    picture, copy = list(house.copies.items())[2]
    detail = copy.crop((900, 600, 1400, 930))
    enlarged = detail.resize((1370, 904), Image.Resampling.BICUBIC)
    (mark,) = traced(house.admin, packed(enlarged, quality=75))["marks"]
    assert (mark["account"], mark["picture"]) == ("viewer", picture)
