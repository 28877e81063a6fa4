"""Uploads: streamed, checked, sealed, entered and shown; refused with a reason; never lost, never doubled."""

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.conftest import NewServer
from tests.support.parts.clamd import Clamd
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import Client, Server
from tests.support.waiting import until
from tests.support.workers import healthy_worker


def picture(number: int, size: tuple[int, int] = (320, 240)) -> bytes:
    return encoded(noise(*size, number), "JPEG")


def send(client: Client, *files: tuple[str, bytes], **params: str) -> httpx.Response:
    return client.post("/images", params=params, files=[("files", (name, data)) for name, data in files])


def taken(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 202, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def shown(client: Client, number: int) -> None:
    until(lambda: client.get("/images").json()["total"] == number, f"{number} pictures to be shown")


def test_several_files_become_pictures(own_server: Server) -> None:
    curator = own_server.signed_in("manager")
    answer = send(curator, ("one.jpg", picture(1)), ("Zwei ü.jpg", picture(2)), name="From the camera")
    assert [(item["name"], item["outcome"]) for item in taken(answer)] == [
        ("one.jpg", "accepted"),
        ("Zwei ü.jpg", "accepted"),
    ]
    shown(curator, 2)
    names = {item["name"] for item in curator.get("/images").json()["items"]}
    assert names == {"one.jpg", "Zwei ü.jpg"}
    batch = curator.get(f"/batches/{answer.json()['batch']}").json()
    assert (batch["name"], batch["total"], batch["ready"]) == ("From the camera", 2, 2)
    listed = curator.get(f"/batches/{batch['id']}/files", params={"limit": 1}).json()
    assert [item["outcome"] for item in listed["items"]] == ["ready"]
    assert listed["next"] is not None


def test_full_size_tiles_come_from_the_sealed_original(own_server: Server) -> None:
    curator = own_server.signed_in("admin")
    (item,) = taken(send(curator, ("large.jpg", picture(3, (2600, 1900)))))
    shown(curator, 1)
    token = curator.get("/images").json()["items"][0]["view_token"]
    tile = curator.get(
        f"/secure/image/{item['picture_id']}/view",
        params={"rendition": "tile", "column": 1, "row": 1},
        headers={"X-View-Token": token},
    )
    assert (tile.status_code, tile.headers["content-type"]) == (200, "image/jpeg")


def test_nothing_that_was_sent_lies_on_the_disk_in_clear(own_server: Server) -> None:
    curator = own_server.signed_in("admin")
    content = picture(4)
    taken(send(curator, ("secret.jpg", content)))
    shown(curator, 1)
    needle = content[len(content) // 2 :][:64]
    for path in own_server.data.rglob("*"):
        assert not path.is_file() or needle not in path.read_bytes(), path
    assert not list((own_server.data / "uploads").iterdir())


def test_the_same_content_is_said_to_be_a_duplicate(own_server: Server) -> None:
    curator = own_server.signed_in("admin")
    first, second = taken(send(curator, ("a.jpg", picture(5)), ("b.jpg", picture(5))))
    assert (first["outcome"], second["outcome"]) == ("accepted", "duplicate")
    assert first["picture_id"] == second["picture_id"]
    (third,) = taken(send(curator, ("c.jpg", picture(5))))
    assert third["outcome"] == "duplicate"
    shown(curator, 1)
    originals = list((own_server.data / "blobs").rglob("*-original"))
    assert len(originals) == 1


def test_many_senders_of_one_content_make_one_picture(own_server: Server) -> None:
    clients = [own_server.signed_in("admin") for _ in range(6)]
    outcomes: list[str] = []

    def run(client: Client) -> None:
        outcomes.extend(item["outcome"] for item in taken(send(client, ("same.jpg", picture(6)))))

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["accepted", *["duplicate"] * 5]
    shown(clients[0], 1)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("notes.jpg", b"no picture at all", "not_a_picture"),
        ("empty.jpg", b"", "empty"),
        ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        ("page.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_a_picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(
    server: Server, name: str, content: bytes, code: str
) -> None:
    (item,) = taken(send(server.signed_in("manager"), (name, content)))
    assert (item["outcome"], item["code"], item["picture_id"]) == ("refused", code, None)
    assert item["reason"]
    assert item["advice"]


def test_a_damaged_picture_is_refused_once_it_is_decoded(own_server: Server) -> None:
    curator = own_server.signed_in("admin")
    answer = send(curator, ("cut.png", encoded(noise(200, 200), "PNG")[:900]))
    assert taken(answer)[0]["outcome"] == "accepted"
    batch = f"/batches/{answer.json()['batch']}"
    until(lambda: curator.get(batch).json()["refused"] == 1, "the picture to be refused")
    (item,) = curator.get(f"{batch}/files").json()["items"]
    assert (item["outcome"], item["code"]) == ("refused", "damaged")


def test_limits_of_size_and_number_hold(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(MAX_FILE_SIZE="60KB", MAX_FILES_PER_REQUEST="2") as server:
        curator = server.signed_in("admin")
        small, large = picture(7, (64, 64)), picture(8, (900, 900))
        assert len(small) < 60_000 < len(large)
        first, second = taken(send(curator, ("large.jpg", large), ("small.jpg", small)))
        assert (first["outcome"], first["code"]) == ("refused", "file_too_large")
        assert second["outcome"] == "accepted"
        refused = send(curator, *((f"{n}.jpg", picture(n, (40, 40))) for n in range(3)))
        assert (refused.status_code, refused.json()["code"]) == (413, "too_many_files")
        body = b"x" * 200_000
        answer = curator.post(
            "/images", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nhalf',
        ),
        ("multipart/form-data; boundary=" + "b" * 71, b""),
    ],
)
def test_a_broken_body_is_told_as_such_and_leaves_nothing(server: Server, kind: str, body: bytes) -> None:
    answer = server.signed_in("admin").post("/images", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_multipart")
    assert not list((server.data / "uploads").iterdir())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\ann\\ann.jpg", "ann.jpg"),
        ("..", "picture"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 400 + ".jpg", "x" * 255),
    ],
)
def test_a_name_is_never_a_path_or_a_disguise(server: Server, given: str, kept: str) -> None:
    (item,) = taken(send(server.signed_in("admin"), (given, b"no picture")))
    assert item["name"] == kept


def test_a_sender_that_goes_away_leaves_nothing(own_server: Server) -> None:
    curator = own_server.signed_in("admin")

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n'
        yield picture(9)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        curator.post("/images", content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    until(lambda: not list((own_server.data / "uploads").iterdir()), "the half file to go")
    assert curator.get("/images").json()["total"] == 0


def test_a_batch_is_cancelled_and_what_is_ready_stays(own_server: Server) -> None:
    curator = own_server.signed_in("admin")
    (item,) = taken(send(curator, ("ready.jpg", picture(10))))
    shown(curator, 1)
    worker = psutil.Process(healthy_worker(curator)["pid"])
    worker.suspend()
    try:
        answer = send(curator, *((f"{n}.jpg", picture(20 + n)) for n in range(5)))
        batch = f"/batches/{answer.json()['batch']}"
        cancelled = curator.delete(batch).json()
        assert cancelled["cancelled"] == 5
        assert cancelled["cancelled_at"] is not None
    finally:
        worker.resume()
    time.sleep(0.5)
    assert curator.get("/images").json()["total"] == 1
    assert curator.get(batch).json()["cancelled"] == 5
    counts = own_server.signed_in("admin").get("/status").json()["counts"]
    assert "waiting" not in counts["pictures"]
    again = taken(send(curator, ("0.jpg", picture(20))))
    assert again[0]["outcome"] == "accepted"
    shown(curator, 2)
    assert item["picture_id"] in {one["id"] for one in curator.get("/images").json()["items"]}


def test_a_batch_is_shown_to_curators_alone(own_server: Server) -> None:
    batch = send(own_server.signed_in("manager"), ("a.jpg", picture(11))).json()["batch"]
    assert own_server.signed_in("admin").get(f"/batches/{batch}").status_code == 200
    assert own_server.signed_in("viewer").get(f"/batches/{batch}").status_code == 403
    assert own_server.signed_in("admin").get(f"/batches/{'0' * 32}").json()["code"] == "batch_unknown"


def test_an_acknowledged_upload_outlives_the_server(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    contents = [picture(100 + number) for number in range(8)]
    acknowledged: set[str] = set()
    with new_server() as server:
        client = server.signed_in("admin")
        for content in contents:
            (item,) = taken(send(client, ("p.jpg", content)))
            if item["outcome"] == "accepted":
                acknowledged.add(hashlib.sha256(content).hexdigest())
        own = psutil.Process(server.process.pid)
        for process in [*own.children(recursive=True), own]:
            process.kill()
        server.process.wait()
        server.process.returncode = 0
    with new_server() as server:
        client = server.signed_in("admin")
        shown(client, len(contents))
        for content_hash in acknowledged:
            assert client.get(f"/images/by-hash/{content_hash}").status_code == 200


def test_a_virus_is_refused_before_anything_is_stored(
    new_server: NewServer, data_dir: Path, clamd: Clamd
) -> None:
    add_people(data_dir)
    with new_server(**clamd.settings) as server:
        curator = server.signed_in("admin")
        first, second = taken(
            send(curator, ("bad.jpg", picture(12) + b"VAULT-TEST-MARKER-0001"), ("good.jpg", picture(13)))
        )
        assert (first["outcome"], first["code"]) == ("refused", "infected")
        assert second["outcome"] == "accepted"
        shown(curator, 1)
        assert not any(b"MARKER" in path.read_bytes() for path in (server.data / "blobs").rglob("*-original"))
        kinds = [line["kind"] for line in curator.get("/activity").json()["items"]]
        assert "upload_infected" in kinds


def test_files_of_the_gallery_folder_are_scanned_too(
    new_server: NewServer, data_dir: Path, clamd: Clamd, tmp_path: Path
) -> None:
    add_people(data_dir)
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "bad.jpg").write_bytes(picture(14) + b"VAULT-TEST-MARKER-0001")
    (folder / "good.jpg").write_bytes(picture(15))
    with new_server(**clamd.settings) as server:
        curator = server.signed_in("admin")
        curator.put("/gallery", json={"folder": str(folder)})
        shown(curator, 1)
        until(lambda: curator.get("/imports/refused").json()["items"], "the bad file to be refused")
        (item,) = curator.get("/imports/refused").json()["items"]
        assert (item["name"], item["code"]) == ("bad.jpg", "infected")


@pytest.mark.parametrize("policy", ["wait", "flag"])
def test_while_the_scanner_is_away_files_wait_or_are_flagged(
    new_server: NewServer, data_dir: Path, clamd: Clamd, policy: str
) -> None:
    add_people(data_dir)
    with new_server(**clamd.settings, CLAMD_WHEN_GONE=policy) as server:
        curator = server.signed_in("admin")
        clamd.stop()
        (item,) = taken(send(curator, ("a.jpg", picture(16))))
        assert item["outcome"] == "accepted"
        until(lambda: _scanner(curator)["status"] == "degraded", "the health report to tell")
        assert _scanner(curator)["reason"]
        if policy == "wait":
            time.sleep(2)
            assert curator.get("/images").json()["total"] == 0
            clamd.start()
        shown(curator, 1)


def _scanner(client: Client) -> dict[str, Any]:
    service: dict[str, Any] = client.get("/health").json()["services"]["virus_scan"]
    return service
