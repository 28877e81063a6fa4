"""The command `user`: passwords from files, never from the arguments."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NewServer
from tests.support.access import redeem, sign_in, told, with_second_factor
from tests.support.server import PASSWORD, ROLES, command


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


def test_a_mistyped_data_directory_becomes_no_installation(data_dir: Path) -> None:
    for words in (("user", "list"), ("user", "reset-code", "Ada"), ("apikey", "list")):
        done = command(*words, "--data-dir", str(data_dir), home=data_dir.parent)
        assert (done.returncode, "no installation here" in done.stderr) == (2, True), done.stderr
    assert not data_dir.exists()


def test_a_file_that_others_can_read_is_warned_about(data_dir: Path, password_file: Path) -> None:
    password_file.chmod(0o644)
    arguments = ("--role", "viewer", "--password-file", str(password_file), "--data-dir", str(data_dir))
    done = command("user", "add", "Ada", *arguments, home=data_dir.parent)
    assert done.returncode == 0
    assert "others on this machine" in done.stderr
    again = command("user", "add", "ADA", *arguments, home=data_dir.parent)
    assert again.returncode == 2
    assert "taken" in again.stderr


def test_nobody_is_closed_who_is_not_there(data_dir: Path, password_file: Path) -> None:
    where = ("--data-dir", str(data_dir))
    role = ("--role", "viewer", "--password-file", str(password_file))
    assert command("user", "add", "Somebody", *role, *where, home=data_dir.parent).returncode == 0
    done = command("user", "disable", "Nobody", *where, home=data_dir.parent)
    assert done.returncode == 2
    assert "user list" in done.stderr


def ran(data_dir: Path, *arguments: str) -> list[dict[str, Any]]:
    """Run `user …` and return the objects that it printed."""
    done = command("user", *arguments, "--json", "--data-dir", str(data_dir), home=data_dir.parent)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_who_is_added_with_a_code_comes_in_by_it(new_server: NewServer, data_dir: Path) -> None:
    arguments = ("--role", "viewer", "--email", "Ada@example.org", "--reset-code")
    (added,) = ran(data_dir, "add", "Ada", *arguments)
    assert (added["sees"], added["email"], added["disabled"]) == ("albums", "ada@example.org", False)
    (again,) = ran(data_dir, "reset-code", "ada")
    assert again["reset_code"] != added["reset_code"]
    with new_server() as server:
        client = server.client()
        assert told(redeem(client, "ada", added["reset_code"])) == (401, "reset_code_wrong")
        client.carry(redeem(client, "ada", again["reset_code"]).json())
        assert client.put("/session/password", json={"new": PASSWORD}).status_code == 200
        with_second_factor(server.signed_in("ada"))
        assert told(sign_in(server.client(), "ada")) == (401, "second_factor_needed")
        ran(data_dir, "remove-second-factor", "ada")
        assert sign_in(server.client(), "ada").status_code == 201
    lines = ran(data_dir, "log", "ADA", "--limit", "7")
    assert [line["event"] for line in lines] == [
        "second_factor_off",
        "second_factor_on",
        "changed",
        "reset_code_used",
        "refused",
        "reset_code_made",
        "reset_code_made",
    ]
    assert [line["by"] for line in lines][::6] == ["command line", "command line"]
    plain = command("user", "log", "ada", "--data-dir", str(data_dir), home=data_dir.parent)
    assert "reset code made  by command line" in plain.stdout


def test_the_demonstration_has_every_role_with_passwords_shown_once(
    new_server: NewServer, data_dir: Path
) -> None:
    made = ran(data_dir, "demo", "--sees", "library")
    assert {one["role"] for one in made} == set(ROLES)
    assert len({one["password"] for one in made}) == len(made)
    with new_server() as server:
        for one in made:
            assert server.signed_in(one["name"], one["password"]).session["must_change_password"] is False
    for path in data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(one["password"].encode() in content for one in made), path
    assert "password" not in json.dumps(ran(data_dir, "list"))
    again = command("user", "demo", "--data-dir", str(data_dir), home=data_dir.parent)
    assert again.returncode == 2
    assert "taken" in again.stderr


def test_a_password_that_an_operator_gives_can_be_for_the_first_sign_in_alone(
    new_server: NewServer, data_dir: Path, password_file: Path
) -> None:
    source = ("--password-file", str(password_file), "--must-change")
    ran(data_dir, "add", "Ada", "--role", "manager", "--sees", "albums", *source)
    with new_server() as server:
        assert server.signed_in("ada").session["must_change_password"] is True
    again = ("user", "reset-password", "ada", *source, "--data-dir", str(data_dir))
    done = command(*again, home=data_dir.parent)
    assert done.returncode == 2
    assert "before" in done.stderr
