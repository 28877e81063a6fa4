"""Somebody works on the program itself while it shows a picture: told, named, hidden from, and over again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.guard.tripwires.libraries import mapped_files
from local_server.accounts.models import Role
from tests.protection.stage import PROGRAMS, wait_until
from tests.support.desktop import PATIENCE_S, SAMPLES, Desktop, bugs
from tests.support.parts.fixtures import lack
from tests.support.parts.part import Missing
from tests.support.people import add_people
from tests.support.privileges import looks_into_everything
from tests.support.server import PASSWORD
from tests.tour.program import ROOT

PICTURE = SAMPLES / "Yala mountain.jpg"
VIEWER = "vera"
# The program closes its memory when it starts: that nobody else can attach is tested below, without this.
may_trace = pytest.mark.skipif(not looks_into_everything(), reason="only the administrator may trace it")
pytestmark = pytest.mark.slow


@contextmanager
def opened(folder: Path, **more: str) -> Iterator[Desktop]:
    """Open the program on one picture, with more in its environment."""
    data = folder / "data"
    add_people(data, (VIEWER, Role.VIEWER))
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    arguments = ["view", str(PICTURE), "--user", VIEWER, "--password-file", str(password)]
    started = Desktop(folder, data, *arguments, more=more)
    try:
        yield started
        assert started.alive
    finally:
        status = started.stop()
    assert status == 0
    assert bugs(data) == []


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """The program with a guarded picture; one start for all tracers, as each is a culprit of its own."""
    with opened(tmp_path_factory.mktemp("program")) as started:
        started.until_shown()
        yield started


@contextmanager
def traced(pid: int, mode: str) -> Iterator[subprocess.Popen[str]]:
    """Trace a process as long as the block lasts."""
    command = [sys.executable, str(PROGRAMS / "tracer.py"), mode, str(pid)]
    tracer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert tracer.stdout is not None
    assert tracer.stdin is not None
    try:
        assert tracer.stdout.readline() == "attached\n"
        yield tracer
    finally:
        tracer.stdin.close()
        tracer.wait(10)
        tracer.stdout.close()


def recorded(desktop: Desktop, before: int, pid: int) -> bool:
    """Say whether the tracer is among the attempts."""
    return any(attempt["culprit"]["pid"] == pid for attempt in desktop.captures()[before:])


@may_trace
@pytest.mark.parametrize("mode", ["seize", "stop"])
def test_a_tracer_of_the_window_sees_no_picture(mode: str, desktop: Desktop) -> None:
    desktop.until_shown()
    before = len(desktop.captures())

    with traced(desktop.program.process.pid, mode) as tracer:
        # One that holds the program still is hidden from by the sentinel alone.
        wait_until(desktop.hides, "nothing is shown to a debugger", PATIENCE_S)

    desktop.until_shown()
    wait_until(lambda: recorded(desktop, before, tracer.pid), "the attempt is recorded", PATIENCE_S)
    attempts = [one for one in desktop.captures()[before:] if one["culprit"]["pid"] == tracer.pid]
    assert [(one["kind"], one["level"], one["hidden"]) for one in attempts] == [
        ("tracer_attached", "guarded", True)
    ]
    culprit = attempts[0]["culprit"]
    assert culprit["name"].startswith("python")
    assert culprit["script"] == "tracer.py"
    assert attempts[0]["region"] is None


@may_trace
def test_who_holds_the_program_still_for_long_costs_it_nothing(desktop: Desktop) -> None:
    desktop.until_shown()
    before = {kind: desktop.running(kind).pid for kind in ("server", "sentinel")}
    with traced(desktop.program.process.pid, "stop"):
        wait_until(desktop.hides, "nothing is shown to a debugger", PATIENCE_S)
        # Longer than the program waits for a server, or for a sentinel, that says nothing.
        time.sleep(6)
        assert desktop.hides()
    desktop.until_shown()
    assert {kind: desktop.running(kind).pid for kind in before} == before


@may_trace
def test_a_tracer_of_the_sentinel_is_noticed_too(desktop: Desktop) -> None:
    desktop.until_shown()
    before = len(desktop.captures())

    with traced(desktop.running("sentinel").pid, "seize") as tracer:
        wait_until(desktop.hides, "nothing is shown to a debugger", PATIENCE_S)
        wait_until(lambda: recorded(desktop, before, tracer.pid), "the attempt is recorded", PATIENCE_S)

    desktop.until_shown()


@may_trace
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("gdb", ["-nx", "-batch", "-ex", "shell sleep 3", "-p"]),
        ("strace", ["-f", "-q", "-e", "trace=none", "-p"]),
    ],
)
def test_a_real_tool_is_named(name: str, arguments: list[str], desktop: Desktop, tmp_path: Path) -> None:
    desktop.until_shown()
    before = len(desktop.captures())
    command = [name, *arguments, str(desktop.program.process.pid)]
    with (tmp_path / "tool.log").open("wb") as log:
        tool = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_until(desktop.hides, "nothing is shown to a debugger", PATIENCE_S)
    finally:
        if name == "strace":
            tool.send_signal(signal.SIGINT)
        assert tool.wait(60) in (0, -signal.SIGINT)

    desktop.until_shown()
    wait_until(lambda: len(desktop.captures()) > before, "the attempt is recorded", PATIENCE_S)
    attempt = desktop.captures()[before]
    assert (attempt["kind"], attempt["culprit"]["name"]) == ("tracer_attached", name)


def test_no_memory_of_the_program_can_be_dumped(desktop: Desktop) -> None:
    processes = [desktop.program.process.pid]
    processes += [desktop.running(kind).pid for kind in ("server", "sentinel", "worker")]
    for pid in processes:
        limits = Path(f"/proc/{pid}/limits").read_text()
        (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert line.split()[4:6] == ["0", "0"]


def test_an_ordinary_start_has_nothing_to_tell(desktop: Desktop) -> None:
    told = {attempt["kind"] for attempt in desktop.captures()}
    assert told <= {"tracer_attached"}


def overlay(folder: Path) -> Path:
    """Copy a library that harms nobody to a place where none belongs."""
    files = mapped_files(Path("/proc/self/maps").read_bytes())
    harmless = next(file for file in sorted(files) if Path(file).name.startswith("libm."))
    made = folder / "overlay.so"
    made.write_bytes(Path(harmless).read_bytes())
    return made


@pytest.mark.parametrize("level", ["guarded", "sealed"])
def test_a_preloaded_library_is_told_and_sees_nothing_sealed(level: str, tmp_path: Path) -> None:
    preloaded = overlay(tmp_path)
    with opened(tmp_path, LD_PRELOAD=str(preloaded), DEFAULT_PROTECTION=level) as desktop:
        wait_until(lambda: bool(desktop.captures()), "it is recorded", PATIENCE_S)
        (attempt,) = desktop.captures()
        assert (attempt["kind"], attempt["level"]) == ("preloaded_library", level)
        assert (attempt["culprit"]["name"], attempt["culprit"]["executable"]) == (
            "overlay.so",
            str(preloaded),
        )
        assert attempt["hidden"] == (level == "sealed")
        if level == "guarded":
            desktop.until_shown()
        else:
            assert desktop.hides()
        for kind in ("server", "sentinel") if looks_into_everything() else ():
            assert str(preloaded) not in Path(f"/proc/{desktop.running(kind).pid}/maps").read_text()


def test_python_that_was_not_shipped_is_told(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "sitecustomize.py").write_text("watching = True\n")
    with opened(tmp_path, PYTHONPATH=f"{foreign}:{ROOT}") as desktop:
        desktop.until_shown()
        wait_until(lambda: bool(desktop.captures()), "it is recorded", PATIENCE_S)
        (attempt,) = desktop.captures()
        assert (attempt["kind"], attempt["hidden"]) == ("foreign_code", False)
        assert attempt["culprit"]["name"] == "sitecustomize.py"


# The administrator may attach to everything: then both become somebody else, as open as anybody is.
SOMEBODY = """
import ctypes, os, resource, select, signal, sys, typing
if sys.argv.pop(1) == "drop":
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
"""


def somebody(source: str, *arguments: str) -> subprocess.Popen[str]:
    """Start Python as somebody without privileges."""
    pipe = subprocess.PIPE
    command = [
        sys.executable,
        "-I",
        "-c",
        SOMEBODY + source.replace("from __future__ import annotations", ""),
    ]
    privileges = "drop" if looks_into_everything() else "none"
    return subprocess.Popen(
        [*command, privileges, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


@pytest.mark.parametrize("source", ["desktop/guard/hardening.py", "local_server/hardening.py"])
def test_nobody_without_privileges_can_attach(source: str) -> None:
    hardening, tracer = (ROOT / source).read_text(), (PROGRAMS / "tracer.py").read_text()

    def attach(first: str) -> tuple[str, str]:
        with somebody(f"{hardening}\n{first}\nprint('ready', flush=True)\ninput()") as ours:
            assert ours.stdout is not None
            assert ours.stdout.readline() == "ready\n"
            with somebody(tracer, "seize", str(ours.pid)) as theirs:
                answer = theirs.communicate("", timeout=30)
            ours.communicate("\n", timeout=30)
        return answer

    said, complaint = attach("harden()")
    assert (said, "refused: Operation not permitted" in complaint) == ("", True)
    said, complaint = attach("")
    if said != "attached\n":
        lack(Missing("a tracer", f"this machine lets nobody attach to anything: {complaint}"))
