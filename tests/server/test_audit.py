"""The audit log from the command line and over HTTP, whole and tampered with."""

import itertools
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local_server.app import utc_now
from local_server.audit.log import AuditLog
from local_server.database.engine import Database
from local_server.storage.keys import Keys
from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.reports import report
from tests.support.server import Server, command
from tests.support.waiting import until


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def audit(data: Path, action: str, *arguments: str) -> list[dict[str, Any]]:
    ended = command("audit", action, "--json", "--data-dir", str(data), *arguments, home=data.parent)
    assert ended.returncode == 0, ended.stderr
    return lines(ended.stdout)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an installation once; hashing five passwords takes a while."""
    root = tmp_path_factory.mktemp("template") / "data"
    add_people(root)
    return root


@pytest.fixture
def installation(template: Path, data_dir: Path) -> Path:
    """Return a data directory whose log has five entries."""
    return Path(shutil.copytree(template, data_dir))


def test_an_untouched_log_verifies(installation: Path) -> None:
    assert audit(installation, "verify") == [
        {
            "intact": True,
            "entries": 5,
            "first_bad": None,
            "what": None,
            "checkpoints": 0,
            "signed_to": 0,
        }
    ]
    ended = command("audit", "verify", "--data-dir", str(installation), home=installation.parent)
    assert ended.stdout == "All 5 entries of the audit log verify.\n"


@pytest.mark.parametrize(
    ("statement", "bad", "word"),
    [
        ('UPDATE audit_entries SET detail = \'{"role": "admin"}\' WHERE sequence = 3', 3, "changed"),
        ("DELETE FROM audit_entries WHERE sequence = 2", 2, "missing"),
        ("DELETE FROM audit_entries WHERE sequence >= 4", 4, "missing"),
        ("UPDATE audit_entries SET sequence = -sequence WHERE sequence IN (1, 5)", 1, "reordered"),
        (
            (
                "INSERT INTO audit_entries SELECT 6, time, kind, account_id, account_name, picture_id, "
                "viewing_session_id, detail, previous_hash, hash FROM audit_entries WHERE sequence = 5"
            ),
            6,
            "inserted",
        ),
    ],
    ids=["changed", "removed", "cut", "reordered", "inserted"],
)
def test_tampering_is_found_and_named(installation: Path, statement: str, bad: int, word: str) -> None:
    with closing(sqlite3.connect(installation / "catalogue.db")) as raw, raw:
        raw.execute(statement)
        # The first and the last change places, by way of numbers that nobody has.
        raw.execute("UPDATE audit_entries SET sequence = 6 + sequence WHERE sequence < 0")
    ended = command("audit", "verify", "--json", "--data-dir", str(installation), home=installation.parent)
    found = json.loads(ended.stdout)
    assert (ended.returncode, found["intact"], found["first_bad"]) == (1, False, bad)
    assert word in found["what"]


def test_scripts_see_which_program_read(own_server: Server) -> None:
    body = report()
    assert own_server.signed_in("viewer").post("/violations", json=body).status_code == 201
    found = audit(own_server.data, "list", "--kind", "capture_attempt")
    assert len(found) == 1
    entry = found[0]
    assert (entry["kind"], entry["account"]) == ("capture_attempt", "viewer")
    assert entry["detail"]["culprit"]["name"] == "scrot"
    assert entry["detail"]["culprit"]["executable"] == "/usr/bin/scrot"
    assert entry["detail"]["violation"] == body["id"]
    expected = {"region": [0, 0, 1440, 900], "shield_ms": 3.2, "hidden": True, "level": "guarded"}
    assert {key: entry["detail"][key] for key in expected} == expected
    assert audit(own_server.data, "verify")[0]["intact"] is True


def test_lists_are_narrowed_by_kind_time_and_number(own_server: Server) -> None:
    viewer = own_server.signed_in("viewer")
    viewer.delete("/session")
    everything = audit(own_server.data, "list")
    assert [entry["sequence"] for entry in everything] == list(range(1, 9))
    assert [entry["kind"] for entry in everything[5:]] == ["signed_in", "machine_holds", "signed_out"]
    assert audit(own_server.data, "list", "--limit", "2") == everything[-2:]
    assert audit(own_server.data, "list", "--since", everything[5]["time"]) == everything[5:]
    assert audit(own_server.data, "list", "--since", "2099-01-01") == []
    assert audit(own_server.data, "list", "--kind", "signed_in", "--kind", "signed_out") == everything[5::2]
    ended = command("audit", "list", "--data-dir", str(own_server.data), home=own_server.data.parent)
    assert "signed_out" in ended.stdout.splitlines()[-1]


def test_an_export_is_complete_and_is_itself_an_entry(own_server: Server) -> None:
    auditor = own_server.signed_in("auditor")
    answer = auditor.get("/audit/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["content-disposition"]
    header, *exported, end = lines(answer.text)
    assert header["export"] == "vaultsecure audit export 1"
    assert end["checkpoint"] == len(exported)
    assert (exported[-1]["kind"], exported[-1]["account"]) == ("audit_exported", "auditor")
    assert exported[-1]["detail"] == {"entries": len(exported)}
    assert audit(own_server.data, "export")[:-1] == [header, *exported]
    for before, after in itertools.pairwise(exported):
        assert after["previous_hash"] == before["hash"]


def test_a_log_of_many_pages_is_exported_whole(installation: Path, data_dir: Path) -> None:
    database = Database(data_dir / "catalogue.db")
    log = AuditLog(Keys.open(data_dir, None).derive("audit"), utc_now)
    with database.write() as connection:
        for number in range(2500):
            log.record(connection, "test", detail={"number": number})
    database.close()
    _, *exported, _ = audit(data_dir, "export")
    assert [entry["sequence"] for entry in exported] == list(range(1, 2506))
    assert audit(data_dir, "verify")[0]["entries"] == 2505


def test_an_exported_file_is_verified_by_itself(installation: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        ended = command("audit", *arguments, home=tmp_path)
        return ended.returncode, ended.stdout

    there = ("--data-dir", str(installation))
    file = tmp_path / "audit.ndjson"
    file.write_text(run("export", *there)[1])
    key = run("key", *there)[1].strip()
    status, said = run("verify", str(file))
    assert status == 0
    assert "5 entries" in said
    assert "compare it" in said
    assert key in said
    status, said = run("verify", str(file), "--key", key)
    assert (status, "that you trust" in said) == (0, True)
    assert run("verify", str(file), "--key", "0" * 64)[0] == 1
    assert run("verify", str(file), "--key", key[2:])[0] == 2
    status, said = run("verify", str(file), "--json", *there)
    assert (status, json.loads(said)["key_given"]) == (0, True)
    file.write_text(file.read_text().replace('"role": "manager"', '"role": "admin"'))
    status, said = run("verify", str(file), "--json", *there)
    assert (status, json.loads(said)["first_bad"]) == (1, 2)
    status, said = run("verify", str(file), "--key", key)
    assert (status, "One of the entries 1 to 5 was changed" in said) == (1, True)
    file.write_text("no export")
    assert run("verify", str(file))[0] == 2


def test_a_server_signs_entries_that_wait_for_it(installation: Path, new_server: NewServer) -> None:
    database = Database(installation / "catalogue.db")
    log = AuditLog(Keys.open(installation, None).derive("audit"), utc_now)
    with database.write() as connection:
        for number in range(1000):
            log.record(connection, "test", detail={"number": number})
    database.close()
    with new_server():
        until(lambda: len(audit(installation, "checkpoints")) == 1, "a checkpoint")
    (made,) = audit(installation, "checkpoints")
    assert made["valid"]
    assert made["checkpoint"] >= 1005
    assert audit(installation, "verify")[0]["signed_to"] == made["checkpoint"]
    with closing(sqlite3.connect(installation / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE audit_checkpoints SET signature = hash")
    ended = command("audit", "checkpoints", "--data-dir", str(installation), home=installation.parent)
    assert (ended.returncode, "FORGED" in ended.stdout) == (1, True)
    assert (
        "checkpoint"
        in json.loads(
            command(
                "audit", "verify", "--json", "--data-dir", str(installation), home=installation.parent
            ).stdout
        )["what"]
    )


@pytest.mark.parametrize(("revision", "word"), [("0001", "migrate"), ("0999", "newer version")])
def test_a_catalogue_of_another_version_is_said_to_be_so(
    installation: Path, revision: str, word: str
) -> None:
    with closing(sqlite3.connect(installation / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    ended = command("audit", "verify", "--data-dir", str(installation), home=installation.parent)
    assert (ended.returncode, word in ended.stderr) == (3, True), ended.stderr


def test_where_nothing_is_installed_nothing_is_made(tmp_path: Path) -> None:
    ended = command("audit", "verify", "--data-dir", str(tmp_path / "none"), home=tmp_path)
    assert ended.returncode == 2
    assert "--data-dir" in ended.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "arguments",
    [("--since", "yesterday"), ("--since", "0001-01-01T00:00+10:00"), ("--limit", "0"), ("--limit", "x")],
)
def test_wrong_use_is_said(installation: Path, arguments: tuple[str, str]) -> None:
    ended = command("audit", "list", "--data-dir", str(installation), *arguments, home=installation.parent)
    assert ended.returncode == 2
    assert ended.stderr
