"""The hand-shake with the program that started this one: JSON lines out, a secret in, an end when it dies."""

import json
import os
import re
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from local_server.errors import Failure, Rejection

SECRET_SECONDS: Final = 15.0
_LONGEST_DETAIL: Final = 4000
_LONGEST_LINE: Final = 65_536
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")


class LaunchSecretMissing(Rejection):
    """The parent did not write its line of secrets, or not in time."""

    code = "launch_secret_missing"
    title = "The launch secret did not come"
    advice = (
        'With --embedded, write one line {"launch_secret": "…"} to standard input at once and keep it open. '
        "Without a parent program leave --embedded out."
    )


class Parent:
    """The other end of standard input and output, seen from the child.

    Standard output belongs to the hand-shake alone: whatever else is printed goes to standard error.
    """

    def __init__(self) -> None:
        sys.stdout.flush()
        self._out = os.dup(1)
        os.set_inheritable(self._out, False)
        os.dup2(2, 1)
        # A parent that does not read must not stop the event loop; a lost heartbeat is then its own answer.
        os.set_blocking(self._out, False)

    def read_secret(self) -> str:
        """Read the launch secret. Raises LaunchSecretMissing."""
        try:
            secret = self._read_object()["launch_secret"]
        except (ValueError, KeyError, TypeError):
            raise LaunchSecretMissing from None
        if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
            raise LaunchSecretMissing("The launch secret is not one of 32 to 128 URL-safe characters.")
        return secret

    def read_settings(self) -> dict[str, str]:
        """Read the settings that the parent tells in private. Raises LaunchSecretMissing."""
        try:
            told = self._read_object()
            return {str(name): str(value) for name, value in told.items()}
        except (ValueError, AttributeError):
            raise LaunchSecretMissing from None

    @staticmethod
    def _read_object() -> Any:
        line = b""
        deadline = time.monotonic() + SECRET_SECONDS
        # Byte by byte and without a buffer: what follows the line must stay for `on_end`.
        while not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
            ready, _, _ = select.select([0], [], [], max(0.0, deadline - time.monotonic()))
            byte = os.read(0, 1) if ready else b""
            if not byte:
                break
            line += byte
        return json.loads(line)

    def on_end(self, stop: Callable[[], None]) -> None:
        """Call `stop`, on a thread of its own, when the parent closes the pipe or dies."""

        def watch() -> None:
            while os.read(0, 4096):
                pass
            stop()

        threading.Thread(target=watch, name="parent", daemon=True).start()

    def ready(self, **facts: str | int) -> None:
        """Say that the work can begin."""
        self._say({"event": "ready", **facts})

    def heartbeat(self) -> None:
        """Say that the event loop still turns."""
        self._say({"event": "heartbeat"})

    def failed(self, failure: Failure) -> None:
        """Say why there will be no work."""
        self._say(
            {
                "event": "failed",
                "code": failure.code,
                "title": failure.title,
                "detail": failure.detail[:_LONGEST_DETAIL],
                "advice": failure.advice,
            }
        )

    def _say(self, message: dict[str, object]) -> None:
        try:
            # One write: up to PIPE_BUF bytes, as all but a long failure have, go out whole or not at all.
            os.write(self._out, json.dumps(message).encode() + b"\n")
        except (BlockingIOError, BrokenPipeError):
            # Full: the parent sleeps, or gone: `on_end` hears of it. Nothing here could be done better.
            return
