"""Files in the gallery folder become pictures and follow their files; bad ones stop nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogue import now
from tests.support.pictures import encoded, noise
from tests.support.server import Client, Server, command, environment
from tests.support.waiting import until


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """Return a folder with three pictures, a bad file and a sidecar."""
    folder = tmp_path / "pictures"
    (folder / "Iceland").mkdir(parents=True)
    for number in range(2):
        (folder / "Iceland" / f"{number}.jpg").write_bytes(encoded(noise(300, 200, number), "JPEG"))
    (folder / "three.png").write_bytes(encoded(noise(120, 90, 9), "PNG"))
    (folder / "bad.jpg").write_bytes(b"not a picture at all")
    (folder / "three.xmp").write_text("<x/>")
    return folder


def _names(client: Client) -> list[str]:
    items = client.get("/images", params={"limit": 500}).json()["items"]
    return sorted(f"{item['folder']}/{item['name']}".lstrip("/") for item in items)


def _shown(client: Client, *names: str) -> None:
    until(lambda: _names(client) == sorted(names), f"{sorted(names)} to be shown")


def test_a_chosen_folder_is_imported_and_followed(own_server: Server, gallery: Path) -> None:
    admin, viewer = own_server.signed_in("admin"), own_server.signed_in("viewer")
    chosen = admin.put("/gallery", json={"folder": str(gallery)})
    assert chosen.status_code == 200, chosen.text
    _shown(viewer, "Iceland/0.jpg", "Iceland/1.jpg", "three.png")

    until(lambda: admin.get("/gallery").json()["watching"], "the folder to be watched")
    first = viewer.get("/images").json()["items"]
    ids = {item["name"]: item["id"] for item in first}
    admin.patch(f"/images/{ids['0.jpg']}", json={"rating": 5})

    (gallery / "new.webp").write_bytes(encoded(noise(64, 64, 5), "WEBP"))
    (gallery / "Iceland").rename(gallery / "Ísland")
    (gallery / "three.png").unlink()
    _shown(viewer, "new.webp", "Ísland/0.jpg", "Ísland/1.jpg")
    renamed = {item["name"]: item for item in viewer.get("/images").json()["items"]}
    assert renamed["0.jpg"]["id"] == ids["0.jpg"], "a moved file is the same picture"
    assert renamed["0.jpg"]["rating"] == 5

    shutil.copy2(gallery / "new.webp", gallery / "copy.webp")
    (gallery / "three.png").write_bytes(encoded(noise(120, 90, 9), "PNG"))
    _shown(viewer, "new.webp", "three.png", "Ísland/0.jpg", "Ísland/1.jpg")
    back = {item["name"]: item["id"] for item in viewer.get("/images").json()["items"]}
    assert back["three.png"] == ids["three.png"], "a file that comes back is the same picture"

    (gallery / "growing.jpg").touch()
    content = encoded(noise(800, 600, 77), "JPEG")
    with (gallery / "growing.jpg").open("wb") as file:
        for start in range(0, len(content), len(content) // 4):
            file.write(content[start : start + len(content) // 4])
            file.flush()
    until(lambda: "growing.jpg" in _names(viewer), "a file written bit by bit to be taken whole")
    refused = admin.get("/imports/refused").json()["items"]
    assert [item["name"] for item in refused] == ["bad.jpg"], "nothing was taken while it was written"


def test_bad_files_are_listed_with_reason_and_advice(own_server: Server, gallery: Path) -> None:
    admin = own_server.signed_in("admin")
    (gallery / "cut.png").write_bytes(encoded(noise(200, 200), "PNG")[:900])
    for file in gallery.rglob("*"):
        os.utime(file, (1, 1))  # settled long ago: all of them are one run
    admin.put("/gallery", json={"folder": str(gallery)})
    until(lambda: len(admin.get("/imports/refused").json()["items"]) == 2, "two files to be refused")
    first = admin.get("/imports/refused", params={"limit": 1}).json()
    second = admin.get("/imports/refused", params={"limit": 1, "cursor": first["next"]}).json()
    assert second["next"] is None
    listed = {item["name"]: item for item in first["items"] + second["items"]}
    assert listed["bad.jpg"]["code"] == "not_a_picture"
    assert listed["cut.png"]["code"] == "damaged"
    assert all(item["advice"] and item["reason"] for item in listed.values())
    until(lambda: not admin.get("/imports").json()["active"], "the run to end")
    run = admin.get("/imports").json()
    assert (run["done"], run["total"], run["refused"]) == (5, 5, 2)
    queue = admin.get("/queue/status").json()
    assert queue == {"waiting": 0, "active": 0, "completed": 3, "failed": 2, "total": 5}


def test_another_folder_takes_the_place_of_the_first(
    own_server: Server, gallery: Path, tmp_path: Path
) -> None:
    admin = own_server.signed_in("admin")
    admin.put("/gallery", json={"folder": str(gallery)})
    _shown(admin, "Iceland/0.jpg", "Iceland/1.jpg", "three.png")
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(gallery / "three.png", other / "same content.png")
    assert admin.put("/gallery", json={"folder": str(other)}).status_code == 200
    _shown(admin, "same content.png")
    admin.put("/gallery", json={"folder": str(gallery)})
    _shown(admin, "Iceland/0.jpg", "Iceland/1.jpg", "three.png")


def test_a_folder_that_goes_and_comes_back_hides_nothing(own_server: Server, gallery: Path) -> None:
    admin = own_server.signed_in("admin")
    admin.put("/gallery", json={"folder": str(gallery)})
    names = ("Iceland/0.jpg", "Iceland/1.jpg", "three.png")
    _shown(admin, *names)
    away = gallery.rename(gallery.with_name("away"))
    until(lambda: "not there" in (admin.get("/gallery").json()["reason"] or ""), "the loss to be noticed")
    assert not admin.get("/gallery").json()["watching"]
    assert _names(admin) == sorted(names)
    (away / "meanwhile.jpg").write_bytes(encoded(noise(50, 50, 3), "JPEG"))
    away.rename(gallery)
    _shown(admin, *names, "meanwhile.jpg")


def test_a_folder_that_cannot_be_used_is_refused(server: Server, people: Mapping[str, Client]) -> None:
    admin = people["admin"]
    ours = str(server.data / "blobs")
    for folder in ("relative/path", "/does/not/exist", "/etc/passwd", "/a\0b", ours):
        answer = admin.put("/gallery", json={"folder": folder})
        assert (answer.status_code, answer.json()["code"]) == (422, "folder_unusable"), folder
        assert admin.get("/gallery").json()["folder"] is None


def test_a_scan_needs_a_folder(people: Mapping[str, Client]) -> None:
    answer = people["manager"].post("/gallery/scan")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_gallery")


def test_the_sample_pictures_are_one_click(empty_server: Server) -> None:
    machine = {"id": "m", "name": "machine", "client": "desktop"}
    client = empty_server.client()
    answer = client.post(
        "/setup",
        json={
            "name": "Ada",
            "password": "a long enough one",
            "gallery_folder": None,
            "samples": True,
            "machine": machine,
        },
    )
    assert answer.status_code == 201, answer.text
    client.carry(answer.json())
    until(lambda: client.get("/images").json()["total"] >= 24, "the samples to be imported")
    assert client.get("/gallery").json()["folder"] == str((empty_server.data / "samples").resolve())
    until(lambda: not client.get("/imports").json()["active"], "the run to end")
    assert client.get("/imports/refused").json()["items"] == []


def test_a_file_is_opened_by_path(own_server: Server, gallery: Path, tmp_path: Path) -> None:
    kiosk = own_server.signed_in("kiosk")
    path = gallery / "three.png"
    picture = kiosk.post("/images/open", json={"path": str(path)}).json()
    assert (picture["name"], picture["width"], picture["height"]) == ("three.png", 120, 90)
    assert kiosk.post("/images/open", json={"path": str(path)}).json()["id"] == picture["id"]
    refused = kiosk.post("/images/open", json={"path": str(gallery / "bad.jpg")})
    assert (refused.status_code, refused.json()["reason_code"]) == (422, "not_a_picture")
    missing = kiosk.post("/images/open", json={"path": str(tmp_path / "nothing.jpg")})
    assert (missing.status_code, missing.json()["reason_code"]) == (422, "missing")
    auditor = own_server.signed_in("auditor")
    assert auditor.post("/images/open", json={"path": str(path)}).status_code == 403


def test_whatever_the_path_is_it_leads_to_one_place(
    own_server: Server, gallery: Path, tmp_path: Path
) -> None:
    viewer = own_server.signed_in("viewer")
    path = gallery / "three.png"
    link = tmp_path / "link.png"
    link.symlink_to(path)
    opened = [
        viewer.post("/images/open", json={"path": way}).json()["id"]
        for way in (str(path), str(link), f"{gallery}/../{gallery.name}/three.png")
    ]
    assert len(set(opened)) == 1
    places = viewer.get(f"/images/{opened[0]}").json()["places"]
    assert places == [{"folder": "", "name": "three.png"}]
    for way in ("three.png", "../three.png", f"{path}\0", "\0"):
        refused = viewer.post("/images/open", json={"path": way})
        assert (refused.status_code, refused.json()["reason_code"]) == (422, "missing"), way


def test_a_name_that_is_no_text_can_be_told(data_dir: Path, gallery: Path, tmp_path: Path) -> None:
    name = os.fsencode(gallery) + b"/caf\xe9.jpg"
    shutil.copyfile(os.fsencode(gallery) + b"/three.png", name)
    for order in ("import", "trace"):
        ended = subprocess.run(
            [sys.executable, "-m", "local_server", order, name, "--data-dir", data_dir],
            env=environment(tmp_path, {"PYTHONIOENCODING": "utf-8:strict"}),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert name in ended.stdout, ended


def test_a_home_of_nobody_cannot_be_the_gallery(own_server: Server) -> None:
    refused = own_server.signed_in("admin").put("/gallery", json={"folder": "~nobody-has-this-name/pictures"})
    assert (refused.status_code, refused.json()["code"]) == (422, "folder_unusable")


def _lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_the_command_imports_without_a_server(data_dir: Path, gallery: Path, tmp_path: Path) -> None:
    odd = os.fsencode(gallery) + b"/caf\xe9.jpg"
    Path(os.fsdecode(odd)).write_bytes(encoded(noise(70, 50, 4), "JPEG"))
    shutil.copy(gallery / "three.png", gallery / "copy.png")
    arguments = ("import", str(gallery), str(tmp_path / "missing.jpg"), "--json", "--data-dir", str(data_dir))
    first = command(*arguments, home=tmp_path)
    assert first.returncode == 1, first.stderr
    lines = {line["path"]: line for line in _lines(first.stdout)}
    assert all(
        set(line) == {"path", "status", "reason", "width", "height", "content_hash"}
        for line in lines.values()
    )
    statuses = {Path(path).name: line["status"] for path, line in lines.items()}
    assert statuses.pop("copy.png") != statuses.pop("three.png"), "one of the two is the duplicate"
    assert statuses == {
        "0.jpg": "accepted",
        "1.jpg": "accepted",
        "bad.jpg": "refused",
        "three.xmp": "refused",
        os.fsdecode(b"caf\xe9.jpg"): "accepted",
        "missing.jpg": "refused",
    }
    caf = lines[os.fsdecode(odd)]
    assert (caf["width"], caf["height"], len(caf["content_hash"])) == (70, 50, 64)
    assert lines[str(tmp_path / "missing.jpg")]["reason"] == "There is no such file."

    again = command("import", str(gallery / "Iceland"), "--json", "--data-dir", str(data_dir), home=tmp_path)
    assert again.returncode == 0
    assert [line["status"] for line in _lines(again.stdout)] == ["duplicate", "duplicate"]


def test_the_command_imports_beside_a_running_server(
    own_server: Server, gallery: Path, tmp_path: Path
) -> None:
    admin = own_server.signed_in("admin")
    process = subprocess.run(
        [sys.executable, "-m", "local_server", "import", gallery, "--json", "--data-dir", own_server.data],
        env=environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert process.returncode == 1, process.stderr
    assert sum(line["status"] == "accepted" for line in _lines(process.stdout)) == 3
    assert len(_names(admin)) == 3
    shown = admin.get("/images/by-hash/" + _lines(process.stdout)[0]["content_hash"].upper())
    assert shown.status_code == 200
    assert shown.json()["added_at"] <= now().isoformat()
