"""A D-Bus session bus of a test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
"""


def can_run() -> bool:
    """Say whether there is a D-Bus daemon to run."""
    return shutil.which("dbus-daemon") is not None


class SessionBus:
    """A bus that anybody may talk on who knows its socket."""

    def __init__(self, folder: Path) -> None:
        """Start the daemon and wait until it listens."""
        configuration = folder / "bus.conf"
        configuration.write_text(CONFIGURATION.format(socket=folder / "bus"))
        reading, writing = os.pipe()
        options = [f"--config-file={configuration}", "--nofork", "--nopidfile", f"--print-address={writing}"]
        self._daemon = subprocess.Popen(
            ["dbus-daemon", *options], pass_fds=[writing], stderr=subprocess.DEVNULL
        )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.address = pipe.readline().strip()

    def close(self) -> None:
        """End the bus: everybody on it is cut off."""
        self._daemon.terminate()
        self._daemon.wait(10)
