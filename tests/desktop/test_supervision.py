"""The bundled server is started, watched and mended; a crash loop ends in safe mode, never in silence."""

import asyncio
import json
import os
import signal
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from desktop.client.address import Address
from desktop.client.api import Gallery
from desktop.client.models import ServerFacts
from desktop.client.session import Session
from desktop.client.transport import Transport
from desktop.server_launch import Launch, bundled
from desktop.server_process import Phase, ServerProcess, ServerState, Timing
from tests.desktop.conftest import MACHINE, no_key_store, run, wait_for
from tests.support.privileges import readable_environment

QUICK = Timing(first_pause=0.05, longest_pause=0.1)


class States:
    """Everything that the supervisor told."""

    def __init__(self) -> None:
        self.told: list[ServerState] = []

    def __call__(self, state: ServerState) -> None:
        self.told.append(state)

    def last(self, phase: Phase) -> ServerState:
        return next(state for state in reversed(self.told) if state.phase is phase)

    def count(self, phase: Phase) -> int:
        return sum(state.phase is phase for state in self.told)

    def wait(self, phase: Phase, times: int = 1, seconds: float = 60.0) -> ServerState:
        wait_for(lambda: self.count(phase) >= times, f"{times} times {phase}: {self.told}", seconds)
        return self.last(phase)


@contextmanager
def supervised(launch: Launch, timing: Timing = QUICK) -> Iterator[tuple[ServerProcess, States]]:
    states = States()
    server = ServerProcess(launch, timing)
    server.listen(states)
    server.start()
    try:
        yield server, states
    finally:
        server.stop()
        assert states.told[-1].phase is Phase.STOPPED


def script(folder: Path, text: str) -> list[str]:
    """Return the command of a server that a test has written."""
    path = folder / "server.py"
    path.write_text(textwrap.dedent(text))
    return [sys.executable, str(path)]


READY = """
import json, sys, time
secret = json.loads(sys.stdin.readline())["launch_secret"]
assert len(secret) == 43
print(json.dumps({"event": "ready", "port": 4242, "pid": 1, "version": "0"}), flush=True)
"""


def facts(address: Address) -> ServerFacts:
    async def ask() -> ServerFacts:
        transport = Transport(address)
        try:
            return await Gallery(
                transport, Session(transport, no_key_store(), MACHINE, clock=lambda: 0.0)
            ).test()
        finally:
            await transport.close()

    return run(ask())


def address(state: ServerState) -> Address:
    assert state.address is not None
    return state.address


def pid(state: ServerState) -> int:
    assert state.pid is not None
    return state.pid


def test_the_real_server_is_killed_and_comes_back_with_its_stop(data_dir: Path) -> None:
    with supervised(bundled(data_dir)) as (_, states):
        first = states.wait(Phase.READY)
        assert facts(address(first)).first_run
        os.kill(pid(first), signal.SIGKILL)
        second = states.wait(Phase.READY, 2)
        assert second.restarts == 1
        assert "signal 9" in states.last(Phase.RESTARTING).why
        assert address(second) != address(first)
        assert facts(address(second)).first_run
        family = psutil.Process(pid(second)).children(recursive=True)
    assert not psutil.pid_exists(pid(second))
    psutil.wait_procs(family, 10)
    assert not any(process.is_running() for process in family)


def test_the_real_server_is_frozen_and_replaced(data_dir: Path) -> None:
    with supervised(bundled(data_dir)) as (_, states):
        first = states.wait(Phase.READY)
        os.kill(pid(first), signal.SIGSTOP)
        states.wait(Phase.STALLED)
        second = states.wait(Phase.READY, 2)
        assert pid(second) != pid(first)
        assert "did not answer" in states.last(Phase.RESTARTING).why
        wait_for(lambda: not psutil.pid_exists(pid(first)), "the frozen server is gone")


def test_a_server_that_only_paused_is_left_alone(data_dir: Path) -> None:
    with supervised(bundled(data_dir), Timing(silence=0.8, kill_after=60.0)) as (_, states):
        first = states.wait(Phase.READY)
        os.kill(pid(first), signal.SIGSTOP)
        states.wait(Phase.STALLED)
        os.kill(pid(first), signal.SIGCONT)
        second = states.wait(Phase.READY, 2)
        assert (second.pid, second.address, second.restarts) == (first.pid, first.address, 0)


def test_requests_follow_the_server_through_a_crash(data_dir: Path) -> None:
    """Asks all the time while the server is killed; nobody who asks hears of it."""

    async def ask(states: States) -> int:
        transport = Transport()
        gallery = Gallery(transport, Session(transport, no_key_store(), MACHINE, clock=lambda: 0.0))
        loop = asyncio.get_running_loop()

        def follow(state: ServerState) -> None:
            states(state)
            if state.phase is Phase.READY and state.address is not None:
                loop.call_soon_threadsafe(transport.move, state.address)
            else:
                loop.call_soon_threadsafe(transport.lose, "it is a test")

        server = ServerProcess(bundled(data_dir), QUICK)
        server.listen(follow)
        server.start()
        try:
            answered = 0
            await gallery.test()
            os.kill(pid(states.last(Phase.READY)), signal.SIGKILL)
            while states.count(Phase.READY) < 2 or answered < 20:
                await gallery.test()
                answered += 1
            return answered
        finally:
            await transport.close()
            await asyncio.to_thread(server.stop)

    assert run(ask(States())) >= 20


@pytest.mark.parametrize("status", [0, 1, 3])
def test_every_exit_counts_and_five_in_a_minute_end_in_safe_mode(status: int, scratch: Path) -> None:
    found = {"check": "catalogue", "status": "problem", "sentence": "It is torn.", "advice": "Mend it."}
    fine = {"check": "disk", "status": "ok", "sentence": "There is room.", "advice": None}
    doctor = [sys.executable, "-c", f"print({json.dumps(fine)!r}); print({json.dumps(found)!r}); exit(1)"]
    command = script(scratch, f"import sys; sys.stderr.write('it went wrong\\n'); sys.exit({status})")
    with supervised(Launch(command, doctor)) as (server, states):
        wait_for(lambda: bool(states.told[-1].findings), "the doctor was heard")
        safe = states.told[-1]
        assert safe.phase is Phase.SAFE_MODE
        assert safe.restarts == 5
        assert states.count(Phase.STARTING) == 5
        assert safe.why == f"it ended with status {status}: it went wrong"
        assert [(one.check, one.status) for one in safe.findings] == [
            ("Catalogue", "alarm"),
            ("Disk", "good"),
        ]
        assert safe.findings[0].advice == "Mend it."
        server.try_again()
        wait_for(lambda: states.count(Phase.STARTING) > 5, "it is tried again")


def test_the_real_doctor_says_why(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "catalogue.db").write_bytes(
        b"this is no database, and so long that it cannot be taken for empty" * 64
    )
    with supervised(bundled(data_dir)) as (_, states):
        wait_for(lambda: bool(states.told[-1].findings), "the doctor was heard", 90)
        findings = states.told[-1].findings
    assert findings[0].status == "alarm"
    assert any("atalogue" in finding.check for finding in findings if finding.status == "alarm")
    assert all(finding.advice for finding in findings if finding.status == "alarm")


def test_a_doctor_that_cannot_speak_is_a_finding_too(scratch: Path) -> None:
    command = script(scratch, "raise SystemExit(1)")
    with supervised(Launch(command, [sys.executable, "-c", "raise SystemExit('no breath')"])) as (_, states):
        wait_for(lambda: bool(states.told[-1].findings), "the doctor was heard")
        finding = states.told[-1].findings[0]
    assert "no breath" in finding.detail
    assert finding.advice


def test_a_server_says_itself_why_it_cannot_start(scratch: Path) -> None:
    failed = {
        "event": "failed",
        "code": "port_taken",
        "title": "t",
        "detail": "The port is taken.",
        "advice": "a",
    }
    command = script(scratch, f"print({json.dumps(failed)!r}); raise SystemExit(3)")
    with supervised(Launch(command, command)) as (_, states):
        assert states.wait(Phase.RESTARTING).why == "The port is taken."


def test_a_program_that_is_not_there(scratch: Path) -> None:
    missing = [str(scratch / "missing")]
    with supervised(Launch(missing, missing)) as (_, states):
        states.wait(Phase.SAFE_MODE)
        assert "cannot be started" in states.told[-1].why


def test_a_server_that_never_gets_ready_is_given_up(scratch: Path) -> None:
    command = script(scratch, "import time; time.sleep(60)")
    with supervised(Launch(command, command), Timing(ready_within=0.3)) as (_, states):
        assert "not ready" in states.wait(Phase.RESTARTING).why


def test_a_server_that_closes_its_output_but_lives_is_replaced(scratch: Path) -> None:
    command = script(scratch, READY + "import os; os.close(1); time.sleep(60)")
    with supervised(Launch(command, command)) as (_, states):
        states.wait(Phase.READY)
        assert "closed its output" in states.wait(Phase.RESTARTING).why


def test_noise_on_the_output_does_no_harm(scratch: Path) -> None:
    command = script(scratch, "print('hello'); print('[1, 2]'); print('{}')" + READY + "sys.stdin.read()")
    with supervised(Launch(command, command)) as (_, states):
        assert address(states.wait(Phase.READY)).url == "http://127.0.0.1:4242"


def test_each_start_has_a_secret_of_its_own_and_no_argument_shows_it(data_dir: Path) -> None:
    with supervised(bundled(data_dir)) as (_, states):
        first = states.wait(Phase.READY)
        secret = address(first).launch_secret
        assert secret is not None
        process = psutil.Process(pid(first))
        assert secret not in " ".join(process.cmdline())
        assert secret not in readable_environment(process)
        os.kill(pid(first), signal.SIGKILL)
        second = states.wait(Phase.READY, 2)
        assert address(second).launch_secret != secret
        assert httpx.get(address(second).url + "/api/test", trust_env=False).status_code == 404


def test_the_server_dies_with_the_program(scratch: Path, data_dir: Path) -> None:
    """The program is killed: nothing can be told, but the server's input ends."""
    program = script(
        scratch,
        f"""
        import sys, time
        sys.path.insert(0, {str(Path.cwd())!r})
        from pathlib import Path
        from desktop.server_launch import bundled
        from desktop.server_process import ServerProcess
        server = ServerProcess(bundled(Path({str(data_dir)!r})))
        server.listen(lambda state: print(state.phase, state.pid, flush=True))
        server.start()
        """,
    )
    process = psutil.Popen(program, stdout=-1, text=True)
    words = ["", ""]
    while words[0] != "ready":
        words = process.stdout.readline().split()
    process.kill()
    process.wait()
    process.stdout.close()
    wait_for(lambda: not psutil.pid_exists(int(words[1])), "the server has gone")


def test_stopping_does_not_wait_for_a_pause(scratch: Path) -> None:
    command = script(scratch, "raise SystemExit(1)")
    timing = Timing(first_pause=3600, longest_pause=3600)
    before = threading.active_count()
    with supervised(Launch(command, command), timing) as (_, states):
        states.wait(Phase.RESTARTING)
    assert threading.active_count() == before
