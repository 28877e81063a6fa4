"""Server and worker are killed at random moments of an import: afterwards all is there, once, and whole.

CRASH_PICTURES and CRASH_KILLS make it longer: 2000 and 10 is what a release is tried with.
"""

import os
import random
import time
from pathlib import Path

import psutil
import pytest

from tests.support.aftermath import assert_whole, rows
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import Server, launch
from tests.support.waiting import until

PICTURES = int(os.environ.get("CRASH_PICTURES", "240"))
KILLS = int(os.environ.get("CRASH_KILLS", "5"))

pytestmark = [pytest.mark.timeout(900)]


def _started(data: Path) -> Server:
    """Start a server; one whose predecessor was just killed may find its lock for another moment."""
    deadline = time.monotonic() + 30
    while True:
        server, word = launch(data, WORKER_CONCURRENCY="2")
        if server is not None:
            return server
        assert word["code"] == "already_running", word
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _ready(data: Path) -> int:
    ((number,),) = rows(data / "catalogue.db", "SELECT count(*) FROM pictures WHERE status = 'ready'")
    return int(number)


def _kill_server(server: Server) -> None:
    family = psutil.Process(server.process.pid).children(recursive=True)
    server.process.kill()
    server.process.wait()
    _, alive = psutil.wait_procs(family, 20)
    assert not alive, f"outlived their server: {alive}"
    assert server.stop() != 0


def _kill_worker(server: Server) -> None:
    for child in psutil.Process(server.process.pid).children():
        if "worker" in child.cmdline():
            child.kill()


def test_kill_9_at_random_moments_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(int(os.environ.get("CRASH_SEED", "20261123")))
    data, folder = tmp_path / "data", tmp_path / "pictures"
    add_people(data)
    for number in range(PICTURES):
        path = folder / f"{number % 7}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(noise(160 + number % 40, 120, number), "JPEG"))
    server = _started(data)
    server.signed_in("admin").put("/gallery", json={"folder": str(folder)})
    aims = [PICTURES * (kill + chance.random()) / (KILLS + 1) for kill in range(KILLS)]
    interrupted = 0
    for aim in aims:

        def reached(aim: float = aim) -> bool:
            return _ready(data) >= aim

        until(reached, f"{aim:.0f} pictures", 300)
        time.sleep(chance.uniform(0, 0.05))
        interrupted += _ready(data) < PICTURES
        if chance.random() < 0.5:
            _kill_worker(server)
        else:
            _kill_server(server)
            server = _started(data)
    assert interrupted == KILLS, "each kill must meet work in progress"
    admin = server.signed_in("admin")
    until(lambda: admin.get("/images").json()["total"] == PICTURES, "every picture", 300)
    until(lambda: admin.get("/queue/status").json()["active"] == 0, "the queue to be empty")
    assert admin.get("/imports/refused").json()["items"] == []
    assert server.stop() == 0
    assert not server.bugs()
    assert_whole(data, folder)
