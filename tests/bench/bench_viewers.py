"""Prints how long lists, thumbnails and views take while 200 people look at pictures for a minute.

`python -m tests.bench.bench_viewers [VIEWERS] [SECONDS]`. Each opens a picture every three seconds or so, and
turns to a page of thumbnails after every fifth; all are one process on the same machine as the server.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.support.soak import filled_server
from tests.support.viewers import look

VIEWERS = 200
SECONDS = 60.0
PAUSE = 3.0


def main() -> None:
    """Look and tell; ends with 1 where anything failed."""
    viewers = int(sys.argv[1]) if len(sys.argv) > 1 else VIEWERS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with tempfile.TemporaryDirectory() as scratch, filled_server(Path(scratch)) as server:
        # Signing in is meant to be slow: the minute begins after it.
        figures = asyncio.run(look(server, viewers=viewers, seconds=seconds, pause=PAUSE))
    answers = sum(len(times) for times in figures.durations.values())
    print(f"{viewers} viewers, {seconds:.0f} s, {answers / seconds:,.0f} answers a second")
    print(figures.table())
    sys.exit(1 if figures.failures else 0)


if __name__ == "__main__":
    main()
