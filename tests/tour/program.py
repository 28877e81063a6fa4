"""The program under tour: the real command in a process of its own, and its command line as a witness."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """`vaultsecure` on a data directory, on one screen."""

    def __init__(
        self,
        data: Path,
        screen: dict[str, str],
        log: Path,
        *arguments: str,
        more: dict[str, str] | None = None,
    ) -> None:
        self._environment = {
            **screen,
            "HOME": str(data.parent),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            # The tour needs no key store, and must not touch the one of whoever runs it.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **(more or {}),
        }
        self._data = data
        self._log = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "desktop", *arguments, "--data-dir", str(data)],
            cwd=ROOT,
            # Nothing may move: a picture of the tour is taken when two frames are alike.
            env={**self._environment, "VAULTSECURE_REDUCED_MOTION": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def audit(self) -> list[dict[str, Any]]:
        """Return every entry of the audit log, as the server's command line lists it."""
        answer = subprocess.run(
            [sys.executable, "-m", "local_server", "audit", "list", "--json", "--data-dir", str(self._data)],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if answer.returncode:
            raise AssertionError(f"the audit log cannot be listed: {answer.stderr}")
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def stop(self) -> int:
        """Ask the program to end, as a session that ends does, and return its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self._log.close()
