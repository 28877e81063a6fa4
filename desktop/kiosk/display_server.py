"""An X server of our own, which nobody can connect to without the cookie that is drawn for it here."""

import os
import secrets
import select
import subprocess
from collections.abc import Sequence
from pathlib import Path

from desktop.guard.authority import entry

START_WITHIN_S = 30.0
STOP_WITHIN_S = 5.0
# A cookie in the file switches the trust in local users off (X.Org, os/auth.c); what would let others in by
# another way is switched off here. Without -noreset the server would forget its state with its last client.
CLOSED = ("-nolisten", "tcp", "-noreset")


class DisplayServerFailed(Exception):
    """The X server did not start; the message says what to do."""


class DisplayServer:
    """One life of an X server, started by the constructor; `name` is its DISPLAY."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        """Start it; `folder` is one that only this user can look into, and holds the cookie and the log."""
        self.authority = entry(secrets.token_bytes(16))
        path, log = folder / "authority", folder / "display.log"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self.authority)
        reading, writing = os.pipe()
        try:
            with log.open("wb") as said:
                self.process = subprocess.Popen(
                    [*command, "-displayfd", str(writing), "-auth", str(path), *CLOSED],
                    pass_fds=[writing],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                )
        except OSError as error:
            os.close(reading)
            raise DisplayServerFailed(
                f"{command[0]} cannot be started ({error}). Install it, or name another with --server."
            ) from error
        finally:
            os.close(writing)
        number = _line(reading, START_WITHIN_S)
        if not number.isdigit():
            self.stop()
            raise DisplayServerFailed(f"{command[0]} did not start. What it said is in {log}.")
        self.name = f":{number}"

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _line(descriptor: int, patience: float) -> str:
    """Return what the server writes when it is ready; nothing where it ends or takes too long."""
    with os.fdopen(descriptor, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], patience)
        return pipe.readline().decode().strip() if ready else ""
