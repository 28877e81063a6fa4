"""Names of programs from /proc, and cookies from an X authority file."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.events import Culprit
from desktop.guard.process_names import describe_process
from desktop.guard.sentinel.display import (
    AuthorityEntry,
    DisplayName,
    DisplayUnreachable,
    find_cookie,
    parse_display,
    read_authority,
)


def process(proc: Path, executable: str | None, arguments: list[str], comm: str = "thing") -> Culprit:
    """Lay out a process as /proc does and describe it."""
    folder = proc / "42"
    folder.mkdir()
    if executable is not None:
        (folder / "exe").symlink_to(executable)
    (folder / "comm").write_text(f"{comm}\n")
    (folder / "cmdline").write_bytes(b"\0".join(part.encode() for part in arguments) + b"\0")
    return describe_process(42, proc)


@pytest.mark.parametrize(
    ("executable", "arguments", "name", "script"),
    [
        ("/usr/bin/scrot", ["scrot", "/home/me/shot.png"], "scrot", None),
        ("/usr/bin/scrot (deleted)", ["scrot"], "scrot", None),
        ("/usr/bin/python3.11", ["python", "/opt/spy.py", "--token=secret"], "python3.11", "spy.py"),
        ("/usr/bin/python3.11", ["python", "-u", "-X", "dev", "/opt/spy.py"], "python3.11", "spy.py"),
        ("/usr/bin/python3.11", ["python", "-m", "mss", "-o", "x"], "python3.11", "-m mss"),
        ("/usr/bin/python3.11", ["python", "-c", "import secret"], "python3.11", "-c"),
        ("/usr/bin/python3.11", ["python"], "python3.11", None),
        ("/usr/bin/bash", ["bash", "grab.sh"], "bash", "grab.sh"),
        (None, ["hidden"], "thing", None),
    ],
)
def test_a_process_is_named(
    tmp_path: Path, executable: str | None, arguments: list[str], name: str, script: str | None
) -> None:
    found = process(tmp_path, executable, arguments)
    assert (found.pid, found.name, found.script) == (42, name, script)
    assert "secret" not in repr(found)


def test_a_process_that_has_gone_keeps_its_number(tmp_path: Path) -> None:
    found = describe_process(42, tmp_path)
    assert found == Culprit(42)
    assert found.title == "Process 42"
    assert Culprit().title == "An unknown program"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (":0", DisplayName("", 0, 0)),
        (":12.1", DisplayName("", 12, 1)),
        ("unix:3", DisplayName("", 3, 0)),
        ("localhost:10.0", DisplayName("localhost", 10, 0)),
        ("tcp/far:2", DisplayName("far", 2, 0)),
        ("/tmp/launch-1/org.xquartz:0", DisplayName("", 0, 0, "/tmp/launch-1/org.xquartz:0")),  # noqa: S108  (as XQuartz)
    ],
)
def test_display_names(name: str, parts: DisplayName) -> None:
    assert parse_display(name) == parts


@pytest.mark.parametrize("name", ["", "0", ":", ":x", ":1.x", "host"])
def test_what_is_no_display_is_refused(name: str) -> None:
    with pytest.raises(DisplayUnreachable, match="DISPLAY"):
        parse_display(name)


def record(family: int, address: bytes, number: bytes, name: bytes, data: bytes) -> bytes:
    """Encode a record of an authority file."""
    fields = b"".join(struct.pack(">H", len(field)) + field for field in (address, number, name, data))
    return struct.pack(">H", family) + fields


FIELDS = st.binary(max_size=20)


@given(st.lists(st.builds(AuthorityEntry, st.integers(0, 65535), FIELDS, FIELDS, FIELDS, FIELDS), max_size=5))
def test_authority_files_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, entries: list[AuthorityEntry]
) -> None:
    path = tmp_path_factory.mktemp("authority") / "file"
    content = b"".join(record(*entry) for entry in entries)
    path.write_bytes(content)
    assert list(read_authority(path)) == entries
    path.write_bytes(content[:-1])
    assert list(read_authority(path)) == entries[: -1 if entries else None]


def test_the_cookie_of_this_display_is_chosen(tmp_path: Path) -> None:
    cookie = b"MIT-MAGIC-COOKIE-1"
    host = socket.gethostname().encode()
    (tmp_path / "file").write_bytes(
        record(256, host, b"4", cookie, b"four")
        + record(256, b"elsewhere", b"5", cookie, b"other")
        + record(256, host, b"5", b"XDM-AUTHORIZATION-1", b"odd")
        + record(65535, b"", b"", cookie, b"wild")
    )
    environment = {"XAUTHORITY": str(tmp_path / "file")}
    with socket.socket(socket.AF_UNIX) as stream:
        assert find_cookie(parse_display(":4"), stream, environment) == (cookie, b"four")
        assert find_cookie(parse_display(":5"), stream, environment) == (cookie, b"wild")
        assert find_cookie(parse_display(":4"), stream, {"HOME": "/nonexistent"}) == (b"", b"")
