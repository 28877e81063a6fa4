"""The authority of a display that lies in no file, and its way to a child."""

import os
import socket
from pathlib import Path

import pytest

from desktop.guard import authority
from desktop.guard.sentinel.display import read_authority

COOKIE = bytes(range(16))


def test_it_is_what_an_xauthority_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "authority"
    path.write_bytes(authority.entry(COOKIE))
    (found,) = read_authority(path)
    assert (found.family, found.name, found.data) == (65535, b"MIT-MAGIC-COOKIE-1", COOKIE)


def test_it_is_handed_on_over_a_socket_and_what_follows_is_left() -> None:
    path = authority.kept(authority.entry(COOKIE))
    line = authority.to_hand_on({authority.VARIABLE: path})
    assert line is not None
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(line + b"a command\n")
        taken = authority.taken_over(
            {"DISPLAY": ":1", authority.VARIABLE: authority.HANDED_ON}, theirs.fileno()
        )
        assert theirs.recv(64) == b"a command\n"
    assert taken["DISPLAY"] == ":1"
    assert Path(taken[authority.VARIABLE]).read_bytes() == authority.entry(COOKIE)
    for kept in (path, taken[authority.VARIABLE]):
        with pytest.raises(OSError, match="not permitted"):
            os.write(int(kept.rpartition("/")[2]), b"another")
        os.close(int(kept.rpartition("/")[2]))


@pytest.mark.parametrize("said", [b"", b"AAAA", b"not base64, five\n"])
def test_a_child_that_is_told_nothing_usable_does_not_begin(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(said)
        with pytest.raises(ValueError, match="handed on"):
            authority.taken_over({authority.VARIABLE: authority.HANDED_ON}, theirs.fileno())


def test_a_file_is_left_where_it_is() -> None:
    environment = {authority.VARIABLE: "/home/ada/.Xauthority"}
    assert authority.to_hand_on(environment) is None
    assert authority.to_hand_on({}) is None
    assert authority.taken_over(environment, -1) is environment
