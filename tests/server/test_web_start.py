"""How the server starts, says why it can't, and ends."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.people import add_people
from tests.support.privileges import looks_into_everything, readable_environment
from tests.support.server import ROOT, environment, launch, running


def failure(data: Path, **more: str) -> dict[str, Any]:
    server, word = launch(data, **more)
    assert server is None
    assert word["event"] == "failed"
    assert word["title"]
    assert word["advice"]
    return word


def test_a_started_server_says_where_it_is_and_keeps_beating(data_dir: Path) -> None:
    server, word = launch(data_dir)
    assert server is not None
    assert word["event"] == "ready"
    assert word["pid"] == server.process.pid
    assert word["version"]
    assert [server.events.get(timeout=10) for _ in range(3)] == [{"event": "heartbeat"}] * 3
    # All connections of the machine: which are its own, the server tells nobody.
    everything = psutil.net_connections("inet")
    listening = [tuple(found.laddr) for found in everything if found.status == psutil.CONN_LISTEN]
    assert {address for address, port in listening if port == server.port} == {"127.0.0.1"}
    assert server.stop() == 0


def test_the_secret_is_in_no_argument_and_no_environment(data_dir: Path) -> None:
    with running(data_dir) as server:
        processes = [psutil.Process(server.process.pid)]
        processes += processes[0].children(recursive=True)
        for process in processes:
            assert server.secret not in " ".join(process.cmdline())
            assert server.secret not in readable_environment(process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(data_dir: Path, number: signal.Signals) -> None:
    server, _ = launch(data_dir)
    assert server is not None
    server.process.send_signal(number)
    assert server.process.wait(15) == 0
    assert server.stop() == 0
    assert not Path(f"{data_dir}/catalogue.db-wal").exists()


def test_the_data_directory_is_for_its_owner_alone(data_dir: Path) -> None:
    with running(data_dir):
        assert data_dir.stat().st_mode & 0o777 == 0o700
        for path in data_dir.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_killed_server_starts_again_on_the_same_data(data_dir: Path) -> None:
    add_people(data_dir)
    server, _ = launch(data_dir)
    assert server is not None
    server.signed_in("viewer")
    server.process.kill()
    server.process.wait()
    server.stop()
    with running(data_dir) as again:
        assert again.signed_in("viewer").get("/session").status_code == 200


def test_a_second_server_on_the_same_data_is_refused_and_names_the_first(data_dir: Path) -> None:
    with running(data_dir) as first:
        word = failure(data_dir)
        assert word["code"] == "already_running"
        assert str(first.process.pid) in word["detail"]
        assert word["exit"] == 3
        assert first.client().get("/test").status_code == 200


def test_a_port_that_is_taken_is_named(data_dir: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        word = failure(data_dir, PORT=str(port))
    assert word["code"] == "port_taken"
    assert str(port) in word["detail"]
    assert word["exit"] == 3


def test_a_chosen_port_is_used(data_dir: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with running(data_dir, PORT=str(port)) as server:
        assert server.port == port


def test_all_wrong_settings_are_listed_at_once_and_not_repeated(data_dir: Path) -> None:
    word = failure(
        data_dir,
        PORT="123456",
        LOG_LEVEL="loudly",
        DEFAULT_PROTECTION="secretive",
        FRONTEND_URL="https://user:hunter2@gallery.example",
        VAULTSECURE_PORT="0",
        VAULTSECURE_MAGIC="1",
    )
    assert word["code"] == "settings_wrong"
    assert word["exit"] == 2
    for name in (
        "PORT",
        "LOG_LEVEL",
        "DEFAULT_PROTECTION",
        "FRONTEND_URL",
        "VAULTSECURE_PORT",
        "VAULTSECURE_MAGIC",
    ):
        assert name in word["detail"]
    for value in ("123456", "loudly", "secretive", "hunter2"):
        assert value not in word["detail"]
    assert not data_dir.exists()


def a_file_in_its_place(data: Path) -> str:
    data.write_text("not a folder")
    return "storage_unwritable"


def a_file_in_place_of_the_locks(data: Path) -> str:
    data.mkdir()
    (data / "locks").write_text("not a folder")
    return "storage_unwritable"


def no_database(data: Path) -> str:
    data.mkdir()
    (data / "catalogue.db").write_bytes(b"\xff" * 8192)
    return "catalogue_corrupt"


def damaged_pages(data: Path) -> str:
    add_people(data)
    catalogue = data / "catalogue.db"
    content = bytearray(catalogue.read_bytes())
    content[4096 * 2 : 4096 * 12] = os.urandom(4096 * 10)
    catalogue.write_bytes(content)
    return "catalogue_corrupt"


def another_programs_database(data: Path) -> str:
    data.mkdir()
    with closing(sqlite3.connect(data / "catalogue.db")) as raw:
        raw.execute("CREATE TABLE notes (text)")
        raw.commit()
    return "catalogue_unreadable"


def a_newer_catalogue(data: Path) -> str:
    add_people(data)
    with closing(sqlite3.connect(data / "catalogue.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    return "catalogue_newer"


def a_lost_key(data: Path) -> str:
    add_people(data)
    (data / "keys" / "master.key").unlink()
    return "key_missing"


@pytest.mark.parametrize(
    "spoil",
    [
        a_file_in_its_place,
        a_file_in_place_of_the_locks,
        no_database,
        damaged_pages,
        another_programs_database,
        a_newer_catalogue,
        a_lost_key,
    ],
)
def test_a_start_that_fails_says_why_and_changes_nothing(
    data_dir: Path, spoil: Callable[[Path], str]
) -> None:
    code = spoil(data_dir)
    before = (data_dir / "catalogue.db").read_bytes() if (data_dir / "catalogue.db").is_file() else None
    word = failure(data_dir)
    assert word["code"] == code
    assert word["exit"] == 3
    if before is not None:
        assert (data_dir / "catalogue.db").read_bytes() == before


@pytest.mark.parametrize("library", ["pydantic", "structlog", "uvicorn", "watchdog"])
def test_a_library_that_is_missing_is_named(data_dir: Path, library: str) -> None:
    elsewhere = data_dir.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / f"{library}.py").write_text(f"raise ModuleNotFoundError('no', name={library!r})\n")
    word = failure(data_dir, PYTHONPATH=f"{elsewhere}:{ROOT}")
    assert word["code"] == "dependency_missing"
    assert library in word["detail"]
    assert word["exit"] == 3


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"{}\n", b"[]\n", b'{"launch_secret": "short"}\n', b"\xff" * 5000]
)
def test_without_a_launch_secret_there_is_no_embedded_server(data_dir: Path, line: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local_server", "serve", "--data-dir", str(data_dir), "--embedded"],
        env=environment(data_dir.parent),
        input=line,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["code"] == "launch_secret_missing"


def test_alone_it_prints_its_address_and_needs_no_secret(data_dir: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", "serve", "--data-dir", str(data_dir)],
        env=environment(data_dir.parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        address = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        address = address.rstrip(";")
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}/api/test").status_code == 200
        assert httpx.get(f"{address}/api/test", headers={"Host": "evil.example"}).status_code == 403
    finally:
        process.terminate()
        status = process.wait(15)
        process.stdout.close()
    assert status == 0


@pytest.mark.skipif(not looks_into_everything(), reason="only an administrator may reach into the pipe")
def test_a_parent_that_does_not_read_does_not_stop_the_server(data_dir: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", "serve", "--data-dir", str(data_dir), "--embedded"],
        env=environment(data_dir.parent),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps({"launch_secret": "s" * 43}).encode() + b"\n")
        process.stdin.flush()
        port = json.loads(process.stdout.readline())["port"]
        # The pipe is filled up, as by a parent that sleeps for hours.
        os.set_blocking(process.stdout.fileno(), False)
        with Path(f"/proc/{process.pid}/fd/{_handshake_fd(process.pid)}").open("wb", buffering=0) as pipe:
            os.set_blocking(pipe.fileno(), False)
            while pipe.write(b"\n" * 4096):
                pass
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            answer = httpx.get(f"http://127.0.0.1:{port}/api/test", headers={"X-Launch-Secret": "s" * 43})
            assert answer.status_code == 200
            time.sleep(0.2)
    finally:
        process.stdin.close()
        status = process.wait(15)
        process.stdout.close()
    assert status == 0


def _handshake_fd(pid: int) -> int:
    """Return the child's descriptor of the pipe that was its standard output."""
    ours = {
        int(entry.name)
        for entry in Path(f"/proc/{pid}/fd").iterdir()
        if str(entry.readlink()).startswith("pipe:") and int(entry.name) > 2
    }
    flags = {
        fd: int(Path(f"/proc/{pid}/fdinfo/{fd}").read_text().split("flags:")[1].split()[0], 8) for fd in ours
    }
    return next(fd for fd in sorted(ours) if flags[fd] & os.O_ACCMODE == os.O_WRONLY)
