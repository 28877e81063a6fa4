"""Prints how long lists, thumbnails and views take while 200 people look at pictures for a minute.

`python -m tests.bench.bench_viewers [VIEWERS] [SECONDS]`. Each opens a picture every three seconds or so, and
turns to a page of thumbnails after every fifth; all are one process on the same machine as the server. First
they only list, for a third of the time: how much longer a list takes beside pictures are the last lines.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.support.soak import filled_server
from tests.support.viewers import LIST, Figures, look

VIEWERS = 200
SECONDS = 60.0
PAUSE = 3.0
# Each tells of its machine at both beginnings and once a minute, of which an account may do sixty in one.
AN_ACCOUNT = 15


def main() -> None:
    """Look and tell; ends with 1 where anything failed."""
    viewers = int(sys.argv[1]) if len(sys.argv) > 1 else VIEWERS
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    accounts = [f"viewer {number}" for number in range(-(-viewers // AN_ACCOUNT))]
    with tempfile.TemporaryDirectory() as scratch, filled_server(Path(scratch), accounts) as server:

        def looked(seconds: float, *, pictures: bool) -> Figures:
            # Signing in is meant to be slow: the seconds begin after it.
            people = look(
                server,
                viewers=viewers,
                seconds=seconds,
                pause=PAUSE,
                accounts=accounts,
                pictures=pictures,
            )
            return asyncio.run(people)

        bare = looked(seconds / 3, pictures=False)
        _tell(f"{viewers} viewers, lists alone", bare, seconds / 3)
        figures = looked(seconds, pictures=True)
        _tell(f"{viewers} viewers, with pictures", figures, seconds)
    for share in (0.5, 0.95, 0.99):
        ratio = figures.percentile(LIST, share) / (bare.percentile(LIST, share) or 1.0)
        print(f"list beside pictures / alone, p{share * 100:.0f}: {ratio:.1f}")
    sys.exit(1 if figures.failures or bare.failures else 0)


def _tell(what: str, figures: Figures, seconds: float) -> None:
    answers = sum(len(times) for times in figures.durations.values())
    print(f"{what}: {seconds:.0f} s, {answers / seconds:,.0f} answers a second")
    print(figures.table())


if __name__ == "__main__":
    main()
