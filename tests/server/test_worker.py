"""The worker is mended when it dies or hangs, and the server goes on answering."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.pictures import encoded, noise
from tests.support.server import Server, environment
from tests.support.waiting import until
from tests.support.workers import healthy_worker, worker_of


def test_a_killed_worker_is_started_again_and_finishes_the_work(own_server: Server, tmp_path: Path) -> None:
    admin = own_server.signed_in("admin")
    folder = tmp_path / "pictures"
    folder.mkdir()
    first = healthy_worker(admin)
    for number in range(12):
        (folder / f"{number}.jpg").write_bytes(encoded(noise(900, 700, number), "JPEG"))
    admin.put("/gallery", json={"folder": str(folder)})
    until(lambda: admin.get("/images").json()["total"] >= 1, "the first picture")
    psutil.Process(first["pid"]).kill()
    until(lambda: admin.get("/images").json()["total"] == 12, "all pictures in spite of the kill")
    # The last pictures may have been done before the kill, and nobody has missed the worker yet.
    until(lambda: worker_of(admin)["pid"] not in (None, first["pid"]), "another worker")
    assert healthy_worker(admin)["restarts"] >= 1
    assert admin.get("/imports/refused").json()["items"] == []


def test_a_stopped_worker_is_noticed(own_server: Server) -> None:
    admin = own_server.signed_in("admin")
    pid = healthy_worker(admin)["pid"]
    process = psutil.Process(pid)
    process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: worker_of(admin)["status"] == "degraded", "the silence to be noticed", 10)
    finally:
        if process.is_running():
            process.send_signal(signal.SIGCONT)
    healthy_worker(admin)


def test_a_worker_ends_with_its_parent_and_there_is_only_one(own_server: Server, tmp_path: Path) -> None:
    healthy_worker(own_server.signed_in("admin"))
    second = subprocess.run(
        [sys.executable, "-m", "local_server", "worker", "--data-dir", own_server.data, "--embedded"],
        env=environment(tmp_path),
        cwd=tmp_path,
        input="{}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 3
    word = json.loads(second.stdout.splitlines()[-1])
    assert (word["event"], word["code"]) == ("failed", "already_running")
    assert word["detail"].endswith("a worker.")
