"""What tells of a remote session: tables of sockets, the name of the display, logind's own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.findings import REMOTE_SERVER, REMOTE_SESSION
from desktop.guard.tripwires.remote_sessions import RemoteSessions, Socket, display_host, login, sockets

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ME, SOMEBODY = 1000, 1001


def line(port: int, state: str, uid: int, inode: int) -> str:
    """Write a line as the kernel does."""
    return f"   0: 0100007F:{port:04X} 0100007F:D431 {state} 00000000:00000000 00:00000000 00000000 {uid:5d}        0 {inode} 1 0000000000000000 100 0 0 10 0\n"  # noqa: E501  (the kernel's format)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc of our own, with no socket and one process."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(HEAD)
    return tmp_path


def owned(proc: Path, pid: int, name: str, inode: int) -> None:
    """Lay out a process that owns a socket."""
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text(f"{name}\n")
    (folder / "exe").symlink_to(f"/usr/bin/{name}")
    (folder / "cmdline").write_bytes(name.encode() + b"\0")
    (folder / "fd" / "7").symlink_to(f"socket:[{inode}]")


def found(proc: Path, *lines: str) -> list[tuple[str, str | None, float]]:
    """Look at these sockets."""
    (proc / "net" / "tcp").write_text(HEAD + "".join(lines))
    wire = RemoteSessions({}, proc, proc / "logins", ME)
    return [(one.kind, one.culprit.name, one.confidence) for one in wire.look()]


def test_a_server_that_waits_is_less_than_one_that_is_connected(proc: Path) -> None:
    owned(proc, 50, "krfb", 700)
    waits = line(5901, "0A", ME, 700)
    assert found(proc, waits) == [(REMOTE_SERVER, "krfb", 1.0)]
    assert found(proc, waits, line(5901, "01", ME, 701)) == [(REMOTE_SESSION, "krfb", 1.0)]
    assert found(proc, waits, line(5902, "01", ME, 701)) == [(REMOTE_SERVER, "krfb", 1.0)]
    assert found(proc, line(3389, "0A", ME, 700), line(3389, "01", ME, 0)) == [(REMOTE_SESSION, "krfb", 1.0)]


def test_what_shows_another_screen_is_no_event(proc: Path) -> None:
    owned(proc, 50, "qemu-system-x86_64", 700)
    owned(proc, 51, "Xtigervnc", 701)
    lines = [line(5900, "0A", ME, 700), line(5901, "0A", ME, 701), line(5902, "0A", SOMEBODY, 702)]
    assert found(proc, *lines, line(8080, "0A", ME, 703)) == []


def test_who_cannot_be_looked_into_is_called_by_its_port(proc: Path) -> None:
    vnc = [line(5900, "0A", 0, 700), line(5900, "01", 0, 701)]
    rdp = [line(3389, "0A", 0, 702), line(3389, "01", 0, 703)]
    assert found(proc, *vnc, *rdp) == [
        (REMOTE_SESSION, "A server on port 5900", 0.5),
        (REMOTE_SERVER, "A server on port 3389", 0.5),
    ]


@pytest.mark.parametrize(
    ("display", "host"),
    [
        (":0", ""),
        ("unix/:1", ""),
        ("localhost:10.0", "localhost"),
        ("far.example:0", "far.example"),
        ("x", ""),
    ],
)
def test_a_display_elsewhere_is_known_by_its_name(display: str, host: str) -> None:
    assert display_host(display) == host


def test_a_login_from_afar_is_known_to_logind(tmp_path: Path) -> None:
    for folder, name, text in (
        ("sessions", "c2", "UID=1000\nREMOTE=1\nREMOTE_HOST=192.0.2.7\n"),
        ("sessions", "3", "UID=1000\nREMOTE=0\n"),
        ("users", "1000", "NAME=me\nDISPLAY=c2\n"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(text)
    own = tmp_path / "self"
    own.mkdir()
    assert login({"XDG_SESSION_ID": "c2"}, tmp_path, ME, tmp_path)["REMOTE_HOST"] == "192.0.2.7"
    assert login({}, tmp_path, ME, tmp_path)["REMOTE"] == "1"
    (own / "cgroup").write_text("0::/user.slice/user-1000.slice/session-3.scope\n")
    assert login({}, tmp_path, ME, tmp_path)["REMOTE"] == "0"
    assert login({"XDG_SESSION_ID": "../users/1000"}, tmp_path, ME, tmp_path) == {}
    wire = RemoteSessions({"XDG_SESSION_ID": "c2"}, tmp_path, tmp_path, ME)
    assert [one.culprit.name for one in wire.look()] == ["A login from 192.0.2.7"]


@given(st.binary(max_size=400))
def test_no_table_breaks_the_reader(table: bytes) -> None:
    for socket in sockets(table):
        assert socket.port >= 0


@given(
    st.lists(
        st.builds(
            Socket,
            *[st.integers(0, 65535)],
            st.sampled_from([1, 10]),
            st.integers(0, 2**31),
            st.integers(0, 2**31),
        )
    )
)
def test_what_the_kernel_writes_is_read(lines: list[Socket]) -> None:
    table = HEAD + "".join(line(one.port, f"{one.state:02X}", one.uid, one.inode) for one in lines)
    assert list(sockets(table.encode())) == lines
