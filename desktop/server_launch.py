"""How the server that ships with the program is started: its command, its doctor's, and their environment."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop.look.motion import VARIABLE as REDUCED_MOTION

PROGRAM_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Launch:
    """How the server and its doctor are started."""

    command: Sequence[str]
    doctor: Sequence[str]
    environment: Mapping[str, str] | None = None


def bundled(data_dir: Path) -> Launch:
    """Name the server that ships with the program."""
    server = [sys.executable, "-m", "local_server"]
    where = ["--data-dir", str(data_dir.resolve())]
    # A server refuses variables of our product that it does not know; the first is the desktop's own.
    # What was loaded into the desktop against its will need not come into the process that holds the keys.
    left_out = (REDUCED_MOTION, "LD_PRELOAD", "LD_AUDIT")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return Launch(
        [*server, "serve", *where, "--embedded"], [*server, "doctor", *where, "--json"], environment
    )
