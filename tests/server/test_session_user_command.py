"""The command `user`: passwords from files, never from the arguments."""

import json
from pathlib import Path

import pytest

from tests.conftest import NewServer
from tests.support.server import PASSWORD, command


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    return path


def test_accounts_are_added_listed_and_sign_in(
    new_server: NewServer, data_dir: Path, password_file: Path
) -> None:
    where = ("--data-dir", str(data_dir))
    for role in ("admin", "auditor"):
        done = command(
            *("user", "add", f"The {role}", "--role", role, "--password-file", str(password_file), *where),
            home=data_dir.parent,
        )
        assert (done.returncode, done.stderr) == (0, "")
    listed = command("user", "list", "--json", *where, home=data_dir.parent)
    people = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [(person["name"], person["role"], person["disabled"]) for person in people] == [
        ("The admin", "admin", False),
        ("The auditor", "auditor", False),
    ]
    assert "argon2" not in listed.stdout
    with new_server() as server:
        assert server.signed_in("the auditor").get("/session").json()["account"]["role"] == "auditor"


def test_what_is_wrong_is_said_and_nothing_is_made(data_dir: Path, password_file: Path) -> None:
    where = ("--data-dir", str(data_dir))
    home = data_dir.parent

    def add(name: str, file: object, role: str = "viewer") -> tuple[int, str]:
        arguments = ("user", "add", name, "--role", role, "--password-file", str(file), *where)
        done = command(*arguments, home=home)
        assert done.stdout == ""
        return done.returncode, done.stderr

    status, said = add("Ada", home / "nothing")
    assert status == 2
    assert "No such file" in said
    assert not data_dir.exists()
    (home / "weak").write_text("short\n")
    (home / "weak").chmod(0o600)
    assert add("Ada", home / "weak")[0] == 2
    (home / "binary").write_bytes(b"\xff\xfe\x00")
    assert add("Ada", home / "binary")[0] == 2
    assert add("Ada", password_file, "owner")[0] == 2
    assert command("user", "list", *where, home=home).stdout == ""


def test_a_file_that_others_can_read_is_warned_about(data_dir: Path, password_file: Path) -> None:
    password_file.chmod(0o644)
    arguments = ("--role", "viewer", "--password-file", str(password_file), "--data-dir", str(data_dir))
    done = command("user", "add", "Ada", *arguments, home=data_dir.parent)
    assert done.returncode == 0
    assert "others on this machine" in done.stderr
    again = command("user", "add", "ADA", *arguments, home=data_dir.parent)
    assert again.returncode == 2
    assert "taken" in again.stderr


def test_nobody_is_closed_who_is_not_there(data_dir: Path) -> None:
    done = command("user", "disable", "Nobody", "--data-dir", str(data_dir), home=data_dir.parent)
    assert done.returncode == 2
    assert "user list" in done.stderr
