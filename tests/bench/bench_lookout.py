"""Prints what one look of each tripwire costs, and its share of a processor.

`python -m tests.bench.bench_lookout [ROUNDS]`. Looks run on threads beside the io thread; what counts is the
processor time of the thread that looks.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from desktop.guard.findings import Absent
from desktop.guard.lookout import Tripwire
from desktop.guard.process_table import process_ids
from desktop.guard.roster import tripwires

ROUNDS = 50


def cost(wire: Tripwire) -> float:
    """Return the seconds of processor time that a look takes."""
    began = time.thread_time()
    try:
        wire.look()
    except (Absent, OSError):
        return 0.0
    return time.thread_time() - began


def main() -> None:
    """Look again and again with every tripwire."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    connections = len(Path("/proc/net/tcp").read_bytes().splitlines()) - 1
    print(f"{len(process_ids())} processes, {connections} connections")
    print(f"{'tripwire':<40}{'median ms':>11}{'worst ms':>10}{'every s':>9}{'share':>9}")
    for wire in tripwires(os.environ, list):
        costs = sorted(cost(wire) for _ in range(rounds))
        median = statistics.median(costs)
        share = f"{100 * median / wire.every:.2f} %"
        print(f"{wire.name:<40}{1000 * median:>11.2f}{1000 * costs[-1]:>10.2f}{wire.every:>9g}{share:>9}")


if __name__ == "__main__":
    main()
