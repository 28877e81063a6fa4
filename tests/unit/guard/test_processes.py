"""Programs are remembered for what they have become, and still known when they have ended."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from desktop.guard.process_names import describe_process
from desktop.guard.sentinel.processes import Processes
from tests.support.waiting import until


def test_a_program_keeps_its_name_beyond_its_end() -> None:
    processes = Processes(":3")
    shell = subprocess.Popen(
        ["/bin/sh", "-c", "echo; read line; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdout.readline()
    processes.look(time.monotonic())
    first = processes.get(shell.pid)
    assert first is not None
    assert (first.name, first.script) == (Path(os.path.realpath("/bin/sh")).name, "-c")

    shell.stdin.write("go\nthrough\n")
    shell.stdin.flush()
    assert shell.stdout.readline() == "through\n"
    processes.look(time.monotonic())
    shell.kill()
    until(lambda: describe_process(shell.pid).executable is None, "it has ended")
    processes.look(time.monotonic())

    known = processes.get(shell.pid)
    assert known is not None
    assert (known.name, known.executable) == ("cat", os.path.realpath("/bin/cat"))
    assert describe_process(shell.pid).name == "cat"
    shell.communicate()
    assert describe_process(shell.pid).name is None


@pytest.mark.parametrize(
    ("display", "ended", "suspected"),
    [(":3", False, True), (":3.0", False, True), (":4", False, False), (":4", True, True)],
)
def test_whom_the_server_no_longer_knows_is_the_latest_that_had_come(
    display: str, ended: bool, suspected: bool, tmp_path: Path
) -> None:
    processes = Processes(":3", tmp_path)
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "exe").symlink_to("/usr/bin/import")
    (folder / "environ").write_bytes(b"DISPLAY=%s\0" % display.encode())
    processes.look(10.0)
    if ended:
        (folder / "exe").unlink()
    found = processes.suspect(10.1)
    assert (found is not None and found.name == "import") == suspected
    assert processes.suspect(9.9) is None, "it had not come then"
    assert processes.suspect(15.0) is None, "that is too long ago"
