"""The worker as the server sees it: a child that is watched, on a thread of its own, and started again."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

import local_server

SILENT_SECONDS: Final = 2.0
_HUNG_SECONDS: Final = 10.0
_START_SECONDS: Final = 60.0
_STEADY_SECONDS: Final = 60.0
_FIRST_WAIT_SECONDS: Final = 0.25
_LONGEST_WAIT_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
# Decoding gives way to whoever looks at pictures.
_NICENESS: Final = 5
# "-m" looks for modules in the working directory first: it must be ours, not one of downloads.
_PROGRAM_ROOT: Final = Path(local_server.__file__).parents[1]
_log = structlog.get_logger("worker")


class WorkerProcess:
    """Keeps one worker running from `start` to `stop`; it is told the secrets of the settings in private."""

    def __init__(self, data_dir: Path, secrets: Mapping[str, str]) -> None:
        self._secrets = json.dumps(dict(secrets)).encode() + b"\n"
        self._command = [
            sys.executable,
            *("-m", "local_server", "worker"),
            *("--data-dir", str(data_dir)),
            "--embedded",
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._heard = 0.0
        self._is_ready = False
        self._trouble: str | None = "the worker is starting"
        self.restarts = 0
        self._thread = threading.Thread(target=self._supervise, name="worker-supervision", daemon=True)

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker and its supervision."""
        self._stop.set()
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
        self._thread.join()

    @property
    def pid(self) -> int | None:
        """The process id of the worker that runs now."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def running(self) -> bool:
        """Whether there is a worker that answers."""
        return self._is_ready and self.pid is not None and time.monotonic() - self._heard < SILENT_SECONDS

    @property
    def reason(self) -> str | None:
        """Why no worker answers, or None."""
        if self.running:
            return None
        return self._trouble or "the worker does not answer"

    def _supervise(self) -> None:
        wait = _FIRST_WAIT_SECONDS
        while not self._stop.is_set():
            began = time.monotonic()
            self._live()
            if self._stop.is_set():
                return
            if time.monotonic() - began > _STEADY_SECONDS:
                wait = _FIRST_WAIT_SECONDS
            self.restarts += 1
            _log.warning("worker ended", reason=self._trouble, again_in_seconds=wait)
            self._stop.wait(wait)
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)

    def _live(self) -> None:
        """Run one worker to its end."""
        try:
            process = subprocess.Popen(
                self._command, cwd=_PROGRAM_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except OSError as error:
            self._trouble = f"the worker cannot be started: {error.strerror or error}"
            return
        if sys.platform != "win32":
            with suppress(OSError):  # it has ended already, which the watch will tell
                os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        # Secrets are in no child's environment: whoever may list processes could read them there.
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.write(self._secrets)
                process.stdin.flush()
        self._is_ready = False
        self._heard = time.monotonic()
        self._process = process
        reader = threading.Thread(target=self._listen, args=(process,), name="worker-words", daemon=True)
        reader.start()
        try:
            self._watch(process)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            reader.join()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Return when the worker has ended, is hung, or is no longer wanted."""
        deadline: float | None = None
        while process.poll() is None:
            now = time.monotonic()
            if self._stop.is_set():
                if process.stdin is not None and not process.stdin.closed:
                    process.stdin.close()
                deadline = deadline or now + _STOP_SECONDS
                if now > deadline:
                    return
            elif now - self._heard > (_HUNG_SECONDS if self._is_ready else _START_SECONDS):
                self._trouble = "the worker stopped answering and was ended"
                return
            time.sleep(0.05)
        if not self._stop.is_set() and self._trouble is None:
            self._trouble = _ending(process.returncode)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        for line in process.stdout or ():
            self._heard = time.monotonic()
            try:
                word = json.loads(line)
            except ValueError:
                continue  # a library that prints; it is a sign of life like any other
            match word.get("event"):
                case "ready":
                    self._is_ready, self._trouble = True, None
                case "failed":
                    self._trouble = f"{word.get('title')}: {word.get('detail')} {word.get('advice')}"


def _ending(status: int) -> str:
    if status < 0:
        return f"the worker was ended by signal {-status}"
    return f"the worker ended by itself with status {status}" if os.name == "posix" else "the worker ended"
