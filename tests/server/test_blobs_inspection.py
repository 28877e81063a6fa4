"""`doctor --blobs`: lost, damaged and forgotten objects are found, and mended where they can be."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import command
from tests.support.waiting import until


@pytest.fixture
def data(data_dir: Path, new_server: NewServer) -> Path:
    """Return a data directory with two pictures: one of a folder, one uploaded."""
    folder = data_dir.parent / "pictures"
    folder.mkdir()
    (folder / "one.png").write_bytes(encoded(noise(300, 200, 1), "PNG"))
    add_people(data_dir)
    assert command("import", str(folder), "--data-dir", str(data_dir), home=data_dir.parent).returncode == 0
    with new_server() as server:
        admin = server.signed_in("admin")
        admin.post("/images", files=[("files", ("two.png", encoded(noise(300, 200, 2), "PNG")))])
        until(lambda: admin.get("/images").json()["total"] == 2, "both pictures")
    return data_dir


def doctor(data: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    done = command("doctor", "--blobs", "--json", *more, "--data-dir", str(data), home=data.parent)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_what_is_whole_is_said_to_be(data: Path) -> None:
    assert doctor(data) == (0, [])
    spoken = command("doctor", "--blobs", "--data-dir", str(data), home=data.parent)
    assert "5 sealed objects were looked at." in spoken.stdout


def test_lost_damaged_and_forgotten_objects_are_mended(data: Path, new_server: NewServer) -> None:
    screens = sorted((data / "blobs").rglob("*-screen"))
    screens[0].unlink()
    screens[1].write_bytes(screens[1].read_bytes()[:-1] + b"!")
    orphan = data / "blobs" / "ff" / "ff" / f"{'f' * 32}-screen"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"left behind")
    os.utime(orphan, (1, 1))
    status, found = doctor(data)
    assert (status, {(item["kind"], item["fault"]) for item in found}) == (
        1,
        {("rendition", "missing"), ("rendition", "damaged"), ("unknown", "orphaned")},
    )
    assert orphan.exists()
    spoken = command("doctor", "--blobs", "--data-dir", str(data), home=data.parent)
    assert "--mend" in spoken.stdout
    status, found = doctor(data, "--mend")
    assert (status, all(item["mended"] for item in found)) == (0, True)
    assert not orphan.exists()
    with new_server() as server:
        admin = server.signed_in("admin")
        until(lambda: admin.get("/images").json()["total"] == 2, "both pictures to be made anew")
    assert doctor(data) == (0, [])


def test_a_lost_original_is_told_and_not_called_mended(data: Path) -> None:
    (original,) = (data / "blobs").rglob("*-original")
    content = original.read_bytes()
    original.write_bytes(content[:-20])
    status, found = doctor(data, "--mend")
    assert (status, [(item["kind"], item["fault"], item["mended"]) for item in found]) == (
        1,
        [("original", "damaged", False)],
    )
    original.write_bytes(content)
    assert doctor(data) == (0, [])
