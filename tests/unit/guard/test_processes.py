"""Programs are remembered for what they have become, and still known when they have ended."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from desktop.guard.process_names import describe_process
from desktop.guard.sentinel.processes import Processes
from tests.support.waiting import until


def test_a_program_keeps_its_name_beyond_its_end() -> None:
    processes = Processes()
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
    assert processes.newest_gone(time.monotonic()) == known
    shell.communicate()
    assert describe_process(shell.pid).name is None
    assert processes.newest_gone(time.monotonic()) == known
