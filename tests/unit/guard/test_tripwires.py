"""What the tripwires of the program itself see, on made-up and on the real /proc."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.events import Culprit
from desktop.guard.findings import DUMPABLE, FOREIGN, PRELOADED, TRACER, Finding
from desktop.guard.places import PROGRAM_ROOT, Places, known_places
from desktop.guard.tripwires.dumps import Dumps
from desktop.guard.tripwires.libraries import Libraries, mapped_files
from desktop.guard.tripwires.modules import Modules
from desktop.guard.tripwires.preloads import DOUBTFUL, Preloads
from desktop.guard.tripwires.tracers import Tracers, tracers_of

MAPS = b"""\
55d0-55d1 r--p 00000000 08:01 11 /usr/bin/python3.11
55d1-55d2 r-xp 00001000 08:01 11 /usr/bin/python3.11
7f00-7f01 r-xp 00000000 08:01 12 /usr/lib/x86_64-linux-gnu/libgtk3-nocsd.so.0.0.0
7f01-7f02 r--p 00000000 08:01 13 /home/me/picture cache.bin
7f02-7f03 r-xp 00000000 08:01 14 /home/me/.local/lib/over lay.so
7f03-7f04 r-xp 00000000 00:01 15 /memfd:libffi (deleted)
7f04-7f05 r-xp 00000000 08:01 16 /usr/lib/libold.so (deleted)
7f05-7f06 r-xp 00000000 08:01 17 /dev/shm/spy.so (deleted)
7f06-7f07 rwxs 00000000 00:05 18 /dev/nvidiactl
7f07-7f08 r-xp 00000000 08:01 19 /tmp/.glXyz (deleted)
7fff-8000 r-xp 00000000 00:00 0  [vdso]
8001-8002 rwxp 00000000 00:00 0
"""


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc of our own."""
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "maps").write_bytes(MAPS)
    return tmp_path


def thread(proc: Path, pid: int, tid: int, tracer: int) -> None:
    """Lay out a thread of a process as /proc does."""
    folder = proc / str(pid) / "task" / str(tid)
    folder.mkdir(parents=True)
    (folder / "status").write_text(f"Name:\tTracerPid:\t77\nPid:\t{tid}\nTracerPid:\t{tracer}\nUid:\t0\n")


def test_every_thread_of_every_process_is_looked_at(tmp_path: Path) -> None:
    thread(tmp_path, 10, 10, 0)
    thread(tmp_path, 10, 11, 0)
    wire = Tracers(lambda: (10, 20, 30), tmp_path)
    assert wire.look() == []
    thread(tmp_path, 20, 21, 99)
    assert wire.look() == [Finding(TRACER, Culprit(99))]
    thread(tmp_path, 10, 12, 98)
    assert [finding.culprit.pid for finding in wire.look()] == [98, 99]
    # A thread that ended between the two looks, and a process whose own /proc is not there.
    (tmp_path / "10" / "task" / "13").mkdir()
    assert tracers_of(10, tmp_path) == {98}
    with pytest.raises(FileNotFoundError):
        Tracers(lambda: (40,), tmp_path).look()


def test_nobody_traces_the_tests() -> None:
    assert Tracers(lambda: (os.getpid(), os.getppid())).look() == []


def test_foreign_libraries_are_those_from_elsewhere(proc: Path) -> None:
    found = Libraries(Places(["/usr"]), proc).look()
    assert [finding.culprit.executable for finding in found] == [
        "/dev/shm/spy.so",  # noqa: S108  (a made-up name)
        "/home/me/.local/lib/over lay.so",
    ]
    assert {finding.kind for finding in found} == {FOREIGN}


@given(st.binary(max_size=300))
def test_no_map_breaks_the_reader(maps: bytes) -> None:
    assert all(path.startswith("/") for path in mapped_files(maps))


@pytest.mark.parametrize(
    ("environment", "everywhere", "expected"),
    [
        ({}, "", []),
        ({"LD_PRELOAD": ""}, "# nothing\n", []),
        ({"LD_PRELOAD": "libgtk3-nocsd.so.0"}, "", [("libgtk3-nocsd.so.0", 1.0)]),
        ({"LD_PRELOAD": "/x/one.so:two.so  three.so"}, "", [("one.so", DOUBTFUL), ("two.so", DOUBTFUL)]),
        ({"LD_AUDIT": "/home/me/.local/lib/over"}, "", [("over", 1.0)]),
        ({}, "/usr/lib/libsnoopy.so # for the audit\n", [("libsnoopy.so", DOUBTFUL)]),
        ({"LD_LIBRARY_PATH": "/home/me/lib"}, "", []),
    ],
)
def test_what_the_loader_was_told(
    proc: Path, environment: dict[str, str], everywhere: str, expected: list[tuple[str, float]]
) -> None:
    (proc / "ld.so.preload").write_text(everywhere)
    found = Preloads(environment, proc, proc / "ld.so.preload").look()
    assert [(finding.culprit.name, finding.confidence) for finding in found][:2] == expected
    assert {finding.kind for finding in found} <= {PRELOADED}


def module(name: str, file: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__["__file__"] = file
    return made


class Eager:
    """A stand-in that must not be asked for anything."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"asked for {name}")


def test_foreign_modules_are_those_from_elsewhere() -> None:
    modules: dict[str, object] = {
        "json": module("json", "/usr/lib/python3/json/__init__.py"),
        "builtins": module("builtins", None),
        "odd": module("odd", 3),
        "eager": Eager(),
        "spy": module("spy", "/home/me/spy.py"),
    }
    wire = Modules(Places(["/usr"]), modules, {}, interactive=False)
    assert [finding.culprit.name for finding in wire.look()] == ["spy.py"]
    modules["pydevd"] = module("pydevd", "/usr/lib/python3/dist-packages/pydevd.py")
    del modules["spy"]
    assert [finding.culprit.name for finding in wire.look()] == ["spy.py", "pydevd.py"]


@pytest.mark.parametrize(
    ("environment", "interactive", "names"),
    [
        ({"PYTHONHOME": "/home/me/python"}, False, ["PYTHONHOME"]),
        ({"PYTHONHOME": "/usr"}, False, []),
        ({"PYTHONHOME": str(PROGRAM_ROOT)}, False, []),
        ({}, True, ["PYTHONINSPECT"]),
    ],
)
def test_an_interpreter_that_was_made_to_obey(
    environment: dict[str, str], interactive: bool, names: list[str]
) -> None:
    found = Modules(Places([]), {}, environment, interactive=interactive).look()
    assert [finding.culprit.name for finding in found] == names


def test_the_root_of_the_file_system_is_no_place() -> None:
    assert not Places(["/", "/usr"]).hold("/home/me/x.so")
    assert not Places(["/usr"]).hold("/usr2/x.so")


def test_memory_that_is_opened_is_closed_again_and_told() -> None:
    state = [False]
    wire = Dumps(lambda: state[0], lambda: state.__setitem__(0, False))
    assert wire.look() == []
    state[0] = True
    assert [finding.kind for finding in wire.look()] == [DUMPABLE]
    assert state == [False]
    assert wire.look() == []


def test_memory_that_was_never_closed_is_no_event() -> None:
    with pytest.raises(OSError, match="without closing"):
        Dumps(lambda: True, lambda: None).look()


def test_known_places_hold_what_is_loaded_here() -> None:
    places = known_places()
    assert places.hold(os.path.realpath(__file__))
    assert places.hold(os.path.realpath(pytest.__file__))
    assert places.hold(os.path.realpath(subprocess.__file__))
    assert not places.hold("/home/somebody/x.so")
