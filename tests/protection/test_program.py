"""What is kept of a capture leads back to it: evidence, the audit log, and the mark in what was taken."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from local_server.accounts.models import Role
from local_server.storage.blobs import Blobs
from local_server.storage.keys import Keys
from local_server.storage.sealing import Sealer
from tests.protection.stage import figure, wait_until
from tests.support.desktop import CANVAS, SAMPLES, SIZE, Desktop, bugs, catalogue, leaked, pictured
from tests.support.people import add_people
from tests.support.server import PASSWORD, command
from tests.tour.steps import part

PICTURE = SAMPLES / "Yala mountain.jpg"
VIEWER = "vera"
FRAMES = 60
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """The program, opened on one picture; one start for both tests, as each has a culprit of its own."""
    folder = tmp_path_factory.mktemp("program")
    data = folder / "data"
    add_people(data, (VIEWER, Role.VIEWER))
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    arguments = ["view", str(PICTURE), "--user", VIEWER, "--password-file", str(password)]
    started = Desktop(folder, data, *arguments)
    try:
        started.until_shown()
        yield started
        assert started.alive
    finally:
        status = started.stop()
    assert status == 0
    assert started.said.read_text() == ""
    assert bugs(data) == []


def evidence(data: Path, violation: str) -> Image.Image:
    """Open the evidence picture of a violation."""
    with catalogue(data) as reader:
        (blob,) = reader.execute("SELECT evidence_blob FROM violations WHERE id = ?", (violation,)).fetchone()
    blobs = Blobs(data / "blobs", Sealer(Keys.open(data, None).derive("blobs")))
    return Image.open(io.BytesIO(blobs.get(blob))).convert("RGB")


def trace(desktop: Desktop, file: str) -> dict[str, Any]:
    """Ask the command line whose a captured file is."""
    home = desktop.screen.folder
    done = command("trace", file, "--data-dir", str(desktop.data), "--json", home=home)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def assert_traced(desktop: Desktop, file: str) -> None:
    """See that a captured file names who looked, in which session, at what."""
    found = trace(desktop, file)
    with catalogue(desktop.data) as reader:
        (session,) = reader.execute("SELECT id FROM viewing_sessions").fetchone()
        (picture,) = reader.execute("SELECT id FROM pictures").fetchone()
    assert (found["account"], found["viewing_session"]) == (VIEWER, session)
    assert found["picture"] == picture
    figure(f"{file}: mark {found['mark']}, confidence {found['confidence']:.6f}")


def test_a_screenshot_is_recorded_with_evidence_and_traced(desktop: Desktop) -> None:
    desktop.until_shown()
    before = len(desktop.captures())

    done = desktop.screen.run("scrot", "shot.png")

    assert done.returncode == 0, done.stderr.decode()
    wait_until(desktop.hides, "the shield covers the picture", 30)
    wait_until(lambda: len(desktop.captures()) > before, "the audit log has the attempt", 30)
    attempt = desktop.captures()[before]
    culprit = attempt["culprit"]
    assert culprit["name"] == "scrot"
    assert culprit["executable"].startswith("/")
    assert (attempt["level"], attempt["hidden"], attempt["evidence"]) == ("guarded", True, True)
    assert pictured(np.asarray(evidence(desktop.data, attempt["violation"])))
    assert_traced(desktop, "shot.png")


def test_a_recording_gets_two_frames_at_most_and_they_are_traced(desktop: Desktop) -> None:
    width, height = SIZE
    desktop.until_shown()
    record = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "x11grab", "-framerate", "25"]
    record += ["-video_size", f"{width}x{height}", "-i", desktop.screen.name, "-frames:v", str(FRAMES)]
    # Without this ffmpeg fills its timetable with copies of the first frame when the machine is slow.
    record += ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "recording.raw"]

    done = desktop.screen.run(*record, timeout=90)

    assert done.returncode == 0, done.stderr.decode()
    raw = np.fromfile(desktop.screen.folder / "recording.raw", np.uint8)
    frames = raw.reshape(-1, height, width, 3)
    assert len(frames) == FRAMES
    shown = [index for index, frame in enumerate(frames) if leaked(part(frame, *CANVAS))]
    figure(f"ffmpeg: {len(shown)} of {len(frames)} frames show the picture: {shown}")
    assert len(shown) <= 2
    wait_until(lambda: desktop.captures()[-1]["culprit"]["name"] == "ffmpeg", "the audit log has it", 30)
    assert "ffmpeg" in [entry["detail"]["culprit"]["name"] for entry in listed(desktop)]
    desktop.until_shown()
    if shown:
        Image.fromarray(frames[shown[0]]).save(desktop.screen.folder / "frame.png")
        assert_traced(desktop, "frame.png")


def listed(desktop: Desktop) -> list[dict[str, Any]]:
    """Return the capture attempts that the command line lists."""
    arguments = ["audit", "list", "--kind", "capture_attempt", "--json", "--data-dir", str(desktop.data)]
    done = command(*arguments, home=desktop.screen.folder)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
