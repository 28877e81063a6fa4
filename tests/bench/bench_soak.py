"""Prints the curves of memory, descriptors and threads while people look at pictures for an hour.

`python -m tests.bench.bench_soak [MINUTES] [VIEWERS]`; every sample goes to build/soak.csv.
"""

import sys
import tempfile
from pathlib import Path

from tests.support.server import ROOT
from tests.support.soak import filled_server, soak

MINUTES = 60.0
VIEWERS = 12
PAUSE = 1.0


def main() -> None:
    """Soak and tell."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    viewers = int(sys.argv[2]) if len(sys.argv) > 2 else VIEWERS
    with tempfile.TemporaryDirectory() as scratch, filled_server(Path(scratch)) as server:
        soaked = soak(server, viewers=viewers, seconds=minutes * 60, pause=PAUSE)
    target = ROOT / "build" / "soak.csv"
    target.parent.mkdir(exist_ok=True)
    target.write_text(soaked.csv())
    print(soaked.table())
    print(soaked.figures.table())
    print(f"{soaked.restarts} restarts · {'; '.join(soaked.growth()) or 'nothing grew'} · {target}")


if __name__ == "__main__":
    main()
