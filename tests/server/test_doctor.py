"""The doctor, run as its users run it, on installations in which something really is broken."""

import fcntl
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from local_server.health.command import EXAMINATIONS
from local_server.health.doctor import Patient, examine
from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.server import Server, command


def doctor(data: Path, **environment: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run the doctor; return its exit status and its findings by check."""
    ended = command("doctor", "--json", "--data-dir", str(data), home=data.parent, **environment)
    assert not ended.stderr, ended.stderr
    findings: dict[str, list[dict[str, Any]]] = {}
    for line in ended.stdout.splitlines():
        finding = json.loads(line)
        findings.setdefault(finding["check"], []).append(finding)
    return ended.returncode, findings


def examined(data: Path, **environment: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Do what the command does without its interpreter, which takes two seconds to start."""
    findings: dict[str, list[dict[str, Any]]] = {}
    for finding in examine(Patient(data, environment), EXAMINATIONS):
        findings.setdefault(finding.check, []).append(asdict(finding))
    return (1 if problems(findings) else 0), findings


def problems(findings: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    found = [finding for group in findings.values() for finding in group if finding["status"] == "problem"]
    assert all(finding["advice"] for finding in found), "a problem without advice"
    return {finding["check"]: finding["sentence"] for finding in found}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an installation once; hashing five passwords takes a while."""
    root = tmp_path_factory.mktemp("template") / "data"
    add_people(root)
    return root


@pytest.fixture
def installation(template: Path, data_dir: Path) -> Path:
    """Return the data directory of an installation that is well."""
    return Path(shutil.copytree(template, data_dir))


def store(data: Path, key: str, value: object) -> None:
    with closing(sqlite3.connect(data / "catalogue.db")) as raw, raw:
        raw.execute("INSERT OR REPLACE INTO installation VALUES (?, ?)", (key, json.dumps(value)))


def test_a_sound_installation_has_no_problem(installation: Path) -> None:
    status, findings = doctor(installation)
    assert (status, problems(findings)) == (0, {})
    assert findings["audit log"][0]["sentence"] == "All 5 entries of the audit log verify."
    assert findings["data directory"][0]["status"] == "ok"


def test_nothing_installed_yet_is_no_problem_and_nothing_is_made(tmp_path: Path) -> None:
    status, findings = doctor(tmp_path / "data")
    assert (status, problems(findings)) == (0, {})
    assert not (tmp_path / "data").exists()


def test_people_can_read_it_too(installation: Path) -> None:
    ended = command("doctor", "--data-dir", str(installation), home=installation.parent)
    assert ended.returncode == 0
    assert "catalogue: The catalogue is whole" in ended.stdout


def test_a_part_that_is_away_is_a_finding_and_no_line_of_a_log(tmp_path: Path) -> None:
    status, found = doctor(tmp_path / "data", CLAMD_URL="tcp://127.0.0.1:9")
    assert status == 0
    assert found["virus scan"][0]["status"] == "warning"


def test_a_running_server_is_no_problem(own_server: Server) -> None:
    status, findings = doctor(own_server.data, PORT=str(own_server.port))
    assert (status, problems(findings)) == (0, {})
    assert str(own_server.process.pid) in findings["server"][0]["sentence"]
    assert "server of this data directory" in findings["port"][0]["sentence"]


def test_the_holder_of_a_taken_port_is_named(installation: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        status, findings = doctor(installation, PORT=str(number))
    assert status == 1
    sentence = problems(findings)["port"]
    assert str(number) in sentence
    assert f"process {os.getpid()}" in sentence


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [("PORT", "eighty", "PORT"), ("DEFAULT_PROTECTION", "none", "DEFAULT_PROTECTION")],
)
def test_settings_that_cannot_be_used_are_named(installation: Path, name: str, value: str, word: str) -> None:
    status, findings = examined(installation, **{name: value})
    assert status == 1
    assert word in problems(findings)["settings"]


def test_a_file_in_the_place_of_the_data_directory(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    status, findings = examined(tmp_path / "data")
    assert status == 1
    assert "is not a folder" in problems(findings)["data directory"]


def test_a_file_in_the_place_of_a_folder_of_it(installation: Path) -> None:
    shutil.rmtree(installation / "locks")
    (installation / "locks").write_bytes(b"")
    status, findings = examined(installation)
    assert status == 1
    assert "locks cannot be written" in problems(findings)["data directory"]


def test_other_users_who_may_look_in_are_a_warning(installation: Path) -> None:
    installation.chmod(0o755)
    status, findings = examined(installation)
    assert (status, findings["data directory"][0]["status"]) == (0, "warning")


@contextmanager
def full_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system without space, where this user may mount one."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_a_problem(tmp_path: Path) -> None:
    with full_disk(tmp_path / "disk") as disk:
        data = disk / "data"
        data.mkdir(mode=0o700)
        (disk / "filler").write_bytes(bytes((1 << 20) - 8192))
        status, findings = examined(data)
    assert status == 1
    assert "The disk is full" in problems(findings)["disk"]


@pytest.mark.parametrize("place", [0, 100, 4096])
def test_a_damaged_catalogue_is_a_problem(installation: Path, place: int) -> None:
    path = installation / "catalogue.db"
    content = bytearray(path.read_bytes())
    content[place : place + 2000] = b"\xa5" * 2000
    path.write_bytes(content)
    status, findings = examined(installation)
    assert status == 1
    assert "catalogue" in problems(findings)


def test_a_damaged_queue_is_a_problem(installation: Path) -> None:
    (installation / "queue.db").write_bytes(b"no database at all" * 100)
    status, findings = examined(installation)
    assert (status, set(problems(findings))) == (1, {"queue"})


def test_a_catalogue_of_a_newer_version_is_a_problem(installation: Path) -> None:
    with closing(sqlite3.connect(installation / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    status, findings = doctor(installation)
    assert status == 1
    assert "9999" in problems(findings)["catalogue"]


def test_a_gallery_folder_that_is_gone_is_a_problem(installation: Path) -> None:
    store(installation, "gallery_folder", str(installation.parent / "unplugged"))
    status, findings = examined(installation)
    assert status == 1
    assert "unplugged" in problems(findings)["gallery folder"]


def test_a_key_that_is_gone_or_another_is_a_problem(installation: Path) -> None:
    key = installation / "keys" / "master.key"
    kept = key.read_bytes()
    key.write_bytes(b"A" * 43 + b"=")
    assert "key" in problems(examined(installation)[1])
    key.unlink()
    status, findings = examined(installation)
    assert (status, set(problems(findings))) == (1, {"key"})
    assert not key.exists(), "the doctor must not make a key"
    key.write_bytes(kept)
    assert examined(installation)[0] == 0


def test_a_log_that_was_tampered_with_is_told(installation: Path) -> None:
    with closing(sqlite3.connect(installation / "catalogue.db")) as raw, raw:
        raw.execute("DELETE FROM audit_entries WHERE sequence = 3")
    status, findings = examined(installation)
    assert (status, findings["audit log"][0]["status"]) == (0, "warning")
    assert "Entry 3 is missing" in findings["audit log"][0]["sentence"]


def test_a_library_that_is_missing_or_broken_is_named(installation: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    (broken / "argon2").mkdir(parents=True)
    (broken / "argon2" / "__init__.py").write_text("raise ImportError('libargon2.so: no such file')")
    path = os.pathsep.join([str(broken), str(Path(__file__).resolve().parents[2])])
    status, findings = doctor(installation, PYTHONPATH=path)
    assert status == 1
    assert "argon2" in problems(findings)["libraries"]


def test_it_runs_where_no_library_is_installed_at_all(installation: Path) -> None:
    """`-S -I` leaves out everything that was ever installed."""
    root = Path(__file__).resolve().parents[2]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from local_server.cli import main; sys.exit(main())"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, "doctor", "--json", "--data-dir", str(installation)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    found = {finding["check"]: finding for finding in map(json.loads, ended.stdout.splitlines())}
    assert "fastapi is missing" in found["libraries"]["sentence"]
    assert found["python"]["status"] == "ok"


def test_a_worker_without_its_server_is_a_warning(installation: Path) -> None:
    with (installation / "locks" / "worker.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (installation / "locks" / "worker.pid").write_text(f"{os.getpid()}\n")
        status, findings = examined(installation)
    assert (status, findings["worker"][0]["status"]) == (0, "warning")
    assert str(os.getpid()) in findings["worker"][0]["sentence"]


def test_the_doctor_explains_a_server_that_did_not_start(data_dir: Path, new_server: NewServer) -> None:
    with new_server():
        pass
    (data_dir / "catalogue.db").write_bytes(b"no database")
    with pytest.raises(AssertionError, match="catalogue_corrupt"), new_server():
        pass
    assert "catalogue" in problems(examined(data_dir)[1])


def test_any_other_command_without_its_libraries_points_to_the_doctor() -> None:
    root = Path(__file__).resolve().parents[2]
    program = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from local_server.cli import main; sys.exit(main())"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, "user", "list"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert "is missing" in ended.stderr
    assert "vaultsecure-server doctor" in ended.stderr
