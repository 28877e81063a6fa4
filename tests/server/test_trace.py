"""From a leaked file back to who saw it: real pictures, a real server, the command as a person runs it."""

import io
import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image

from tests.support.people import add_people
from tests.support.server import Client, command, running

SAMPLES: Final = Path(__file__).resolve().parents[2] / "resources" / "samples"


@dataclass(frozen=True)
class Leak:
    """A viewer who was shown several pictures on a server that then stopped."""

    data: Path
    mark: str
    session: str
    started_at: datetime
    overlay: Image.Image
    screens: Mapping[str, Image.Image]
    thumbnails: Mapping[str, Image.Image]
    only: tuple[str, Image.Image]
    """What another session, of the kiosk, was shown and nothing else."""


def view(client: Client, picture: Mapping[str, Any], rendition: str) -> Image.Image:
    answer = client.get(
        f"/secure/image/{picture['id']}/view",
        params={"rendition": rendition},
        headers={"X-View-Token": picture["view_token"]},
    )
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content)).convert("RGB")


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Leak:
    """Import five photographs, show four to a viewer and one to the kiosk, and stop the server."""
    data = tmp_path_factory.mktemp("leak") / "data"
    add_people(data)
    files = [str(path) for path in sorted(SAMPLES.glob("*.jpg"))[:5]]
    imported = command("import", *files, "--json", "--data-dir", str(data), home=data.parent)
    assert imported.returncode == 0, imported.stderr
    with running(data) as server:
        viewer, kiosk = server.signed_in("viewer"), server.signed_in("kiosk")
        pictures = viewer.get("/images").json()["items"]
        assert len(pictures) == 5
        session = viewer.session["viewing_session"]
        other = kiosk.get("/images").json()["items"][4]
        return Leak(
            data=data,
            mark=session["mark_id"],
            session=session["id"],
            started_at=datetime.fromisoformat(session["started_at"]),
            overlay=Image.open(io.BytesIO(viewer.get("/session/overlay").content)),
            thumbnails={picture["id"]: view(viewer, picture, "thumbnail") for picture in pictures[:4]},
            screens={picture["id"]: view(viewer, picture, "screen") for picture in pictures[:4]},
            only=(other["id"], view(kiosk, other, "screen")),
        )


def run(data: Path, *files: Path) -> tuple[int, list[dict[str, Any]]]:
    names = [str(file) for file in files]
    ended = command("trace", *names, "--json", "--data-dir", str(data), home=data.parent)
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]


def half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2))


def quarter(image: Image.Image) -> Image.Image:
    left, top = image.width // 5, image.height // 4
    return image.crop((left, top, left + image.width // 2, top + image.height // 2))


def screenshot(leak: Leak, image: Image.Image) -> Image.Image:
    """Show a picture as the canvas does: at a zoom that nobody would try, the overlay in screen pixels."""
    width = 1130
    shown = image.resize((width, round(image.height * width / image.width)), Image.Resampling.BILINEAR)
    screen = Image.new("RGBA", (1440, 900), (16, 17, 19, 255))
    screen.paste(shown, (40, 60))
    for top in range(60, 60 + shown.height, 128):
        for left in range(40, 40 + width, 128):
            corner = (0, 0, min(128, 40 + width - left), min(128, 60 + shown.height - top))
            screen.alpha_composite(leak.overlay.crop(corner), (left, top))
    return screen.convert("RGB")


COPIES: Final = ("q90.jpg", "q75.jpg", "q50.jpg", "quarter.jpg", "copy.webp", "half.jpg", "thumbnail.png")


@pytest.fixture(scope="module")
def leaked(leak: Leak, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[str, dict[str, Any]]]:
    """Trace what became of four pictures, in one go: by name, which picture it was, and the line about it."""
    folder = tmp_path_factory.mktemp("copies")
    (first, one), (second, two), (third, three), (fourth, four) = leak.screens.items()
    one.save(folder / "q90.jpg", quality=90)
    two.save(folder / "q75.jpg", quality=75)
    three.save(folder / "q50.jpg", quality=50)
    quarter(four).save(folder / "quarter.jpg", quality=75)
    two.save(folder / "copy.webp")
    half(three).save(folder / "half.jpg", quality=80)
    leak.thumbnails[first].save(folder / "thumbnail.png")
    screenshot(leak, one).save(folder / "screenshot.png")
    files = [folder / name for name in (*COPIES, "screenshot.png")]
    status, lines = run(leak.data, *files)
    assert status == 0
    assert [line["file"] for line in lines] == [str(file) for file in files]
    pictures = (first, second, third, fourth, second, third, first, first)
    return {file.name: found for file, found in zip(files, zip(pictures, lines, strict=True), strict=True)}


@pytest.mark.parametrize("name", [*COPIES, "screenshot.png"])
def test_a_copy_leads_to_person_and_session(
    leak: Leak, leaked: Mapping[str, tuple[str, dict[str, Any]]], name: str
) -> None:
    _, line = leaked[name]
    assert (line["mark"], line["account"], line["viewing_session"]) == (leak.mark, "viewer", leak.session)
    assert datetime.fromisoformat(line["time"]) >= leak.started_at
    assert 0.99 < line["confidence"] <= 1


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_leads_to_the_picture(leaked: Mapping[str, tuple[str, dict[str, Any]]], name: str) -> None:
    picture, line = leaked[name]
    assert line["picture"] == picture


def test_the_only_picture_of_a_session_needs_no_comparing(leak: Leak, tmp_path: Path) -> None:
    picture, image = leak.only
    image.crop((300, 300, 900, 900)).save(tmp_path / "part.jpg", quality=75)
    _, (line,) = run(leak.data, tmp_path / "part.jpg")
    assert (line["account"], line["picture"]) == ("kiosk", picture)


def test_a_file_without_a_mark_leads_nowhere(leak: Leak, tmp_path: Path) -> None:
    plain = min(SAMPLES.glob("*.jpg"))
    noise = np.random.default_rng(7).integers(0, 256, (600, 800, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    (tmp_path / "text.jpg").write_text("not a picture")
    status, lines = run(leak.data, plain, tmp_path / "noise.png", tmp_path / "text.jpg")
    assert status == 1
    for line in lines:
        assert (line["mark"], line["account"], line["time"], line["marks"]) == (None, None, None, [])


def test_one_that_is_found_makes_it_a_success(leak: Leak, tmp_path: Path) -> None:
    next(iter(leak.screens.values())).save(tmp_path / "leak.jpg", quality=75)
    status, lines = run(leak.data, min(SAMPLES.glob("*.jpg")), tmp_path / "leak.jpg")
    assert status == 0
    assert [line["account"] for line in lines] == [None, "viewer"]


def test_people_are_told_in_a_sentence(leak: Leak, tmp_path: Path) -> None:
    next(iter(leak.screens.values())).save(tmp_path / "leak.jpg", quality=75)
    ended = command("trace", str(tmp_path / "leak.jpg"), "--data-dir", str(leak.data), home=tmp_path)
    assert "viewer on test machine" in ended.stdout
    assert leak.mark in ended.stdout


def test_another_installation_finds_nothing(leak: Leak, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    add_people(elsewhere)
    next(iter(leak.screens.values())).save(tmp_path / "leak.png")
    ended = command(
        "trace", str(tmp_path / "leak.png"), "--json", "--data-dir", str(elsewhere), home=tmp_path
    )
    assert (ended.returncode, json.loads(ended.stdout)["mark"]) == (1, None)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_cannot_be_read_is_said(leak: Leak, tmp_path: Path, kind: str) -> None:
    place = tmp_path / "file.jpg"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        subprocess.run(["mkfifo", str(place)], check=True)
    ended = command("trace", str(place), "--json", "--data-dir", str(leak.data), home=tmp_path)
    assert ended.returncode == 2
    assert "cannot be read" in ended.stderr
    assert json.loads(ended.stdout)["mark"] is None


def test_without_an_installation_nothing_is_made(tmp_path: Path) -> None:
    ended = command("trace", "x.jpg", "--data-dir", str(tmp_path / "none"), home=tmp_path)
    assert ended.returncode == 2
    assert not (tmp_path / "none").exists()


def test_what_was_shown_is_in_the_activity_list(tmp_path: Path) -> None:
    data = tmp_path / "data"
    add_people(data)
    file = min(SAMPLES.glob("*.jpg"))
    assert command("import", str(file), "--data-dir", str(data), home=tmp_path).returncode == 0
    with running(data) as server:
        viewer = server.signed_in("viewer")
        picture = viewer.get("/images").json()["items"][0]
        view(viewer, picture, "screen")
        admin, auditor = server.signed_in("admin"), server.signed_in("auditor")
        line = _opened(admin)
        assert line["picture_id"] == picture["id"]
        assert line["detail"] == f"Guarded · mark {viewer.session['viewing_session']['mark_id']}"
        summary = admin.get("/activity/summary").json()
        assert summary["shown_today"] == {"pictures": 1, "people": 1}
        assert summary["response_p95_ms"] > 0
        assert view(admin, {"id": picture["id"], "view_token": line["view_token"]}, "thumbnail").width > 0
        theirs = auditor.get("/activity", params={"kind": "picture_opened"}).json()["items"][0]
        assert theirs["view_token"] is None


def _opened(admin: Client) -> dict[str, Any]:
    """Wait for the entry of the first opened picture; deliveries are written every second."""
    deadline = time.monotonic() + 20
    while not (items := admin.get("/activity", params={"kind": "picture_opened"}).json()["items"]):
        assert time.monotonic() < deadline, "the delivery was not written"
        time.sleep(0.1)
    line = items[0]
    assert isinstance(line, dict)
    return line
