"""The whole corpus through the real command beside a real server: each file as the manifest says."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from local_server.imaging.isolation import Decoder, Ending
from local_server.imaging.limits import Limits
from local_server.importer.fingerprint import Fingerprint, fingerprint
from tests.support.corpus import FOLDER, Sample, samples
from tests.support.people import add_people
from tests.support.server import environment, running
from tests.support.waiting import until

pytestmark = [pytest.mark.timeout(600)]


def _import(data: Path, home: Path, *paths: Path) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "local_server", "import", "--json", "--data-dir", data, "--", *paths],
        env=environment(home, {"WORKER_CONCURRENCY": "2"}),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return {line["path"]: line for line in map(json.loads, done.stdout.splitlines())}


def _mismatch(sample: Sample, line: dict[str, Any]) -> str | None:
    taken = line["status"] in ("accepted", "duplicate")
    if sample.expect == "accept" and not taken:
        return f"refused ({line['reason']}), but {sample.reason}"
    if sample.expect == "reject" and taken:
        return f"taken, but {sample.reason}"
    if sample.size is not None and (line["width"], line["height"]) != sample.size:
        return f"taken as {line['width']} x {line['height']}, but it is {sample.size}"
    if line["content_hash"] != sample.sha256:
        return "another hash"
    if not taken and not line["reason"]:
        return "refused without a reason"
    return None


def test_every_file_is_taken_or_refused_as_the_manifest_says(tmp_path: Path) -> None:
    rows = samples()
    data = tmp_path / "data"
    add_people(data)
    began = time.monotonic()
    with running(data) as server:
        lines = _import(data, tmp_path, FOLDER / "photos", FOLDER / "formats", FOLDER / "hostile")
        assert len(lines) == len(rows)
        wrong = {
            str(row.path): what for row in rows if (what := _mismatch(row, lines[str(row.path)])) is not None
        }
        assert not wrong
        admin = server.signed_in("admin")
        assert admin.get("/test").status_code == 200
        status = admin.get("/queue/status").json()
        assert (status["waiting"], status["active"]) == (0, 0)
        taken = {line["content_hash"] for line in lines.values() if line["status"] == "accepted"}
        assert status["completed"] == len(taken)
        assert admin.get("/images").json()["total"] == len(taken)
    blobs = [path for path in (data / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 2 * len(taken), "a refused file leaves nothing behind"
    assert not (tmp_path / "pwned").exists()
    counts = Counter(line["status"] for line in lines.values())
    sys.stdout.write(f"{len(rows)} files in {time.monotonic() - began:.0f} s: {dict(counts)}\n")


def test_a_doubtful_file_gets_the_same_answer_every_time() -> None:
    doubtful = [row for row in samples() if row.expect == "either"]
    decoder = Decoder()
    endings: list[Ending] = []
    try:
        for row in doubtful:
            with row.path.open("rb") as file:
                answers = [decoder.decode(file.fileno()) for _ in range(2)]
            assert answers[0] == answers[1], row.path
            assert decoder.last_ending is not None
            endings.append(decoder.last_ending)
    finally:
        decoder.close()
    limits = Limits()
    assert max(ending.peak_bytes for ending in endings) < limits.memory + (256 << 20)
    assert max(ending.cpu_seconds for ending in endings) <= limits.cpu_seconds + 1


def test_what_is_served_of_a_polyglot_carries_nothing_of_its_payload(tmp_path: Path) -> None:
    """Pixels are decoded and encoded anew, so that markup and archives behind them stay where they are."""
    rows = [row for row in samples() if "polyglot" in row.path.parts]
    assert rows
    data = tmp_path / "data"
    add_people(data)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for row in rows:
        shutil.copy(row.path, folder)
    with running(data) as server:
        admin = server.signed_in("admin")
        admin.put("/gallery", json={"folder": str(folder)})
        until(lambda: admin.get("/queue/status").json()["completed"] > 0, "a polyglot to be taken")
        until(lambda: not admin.get("/imports").json()["active"], "the run to end")
        for item in admin.get("/images").json()["items"]:
            for rendition in ("thumbnail", "screen", "tile"):
                answer = admin.get(
                    f"/secure/image/{item['id']}/view",
                    params={"rendition": rendition},
                    headers={"X-View-Token": item["view_token"]},
                )
                assert answer.status_code == 200
                assert answer.headers["content-type"] == "image/jpeg"
                assert answer.headers["x-content-type-options"] == "nosniff"
                for payload in (b"<script", b"<?php", b"PK\x03\x04", b"<html", b"%PDF"):
                    assert payload not in answer.content


def test_no_process_is_left_of_a_decoder() -> None:
    crashers = [row for row in samples() if row.path.parent.name in ("crasher", "fuzz")][:20]
    before = set(psutil.Process().children(recursive=True))
    decoder = Decoder()
    for row in crashers:
        assert isinstance(fingerprint(os.fsencode(row.path), 1 << 30), Fingerprint)
        with row.path.open("rb") as file:
            decoder.decode(file.fileno())
    decoder.close()
    assert set(psutil.Process().children(recursive=True)) == before
