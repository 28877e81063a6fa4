"""One task on one file between two descriptors; runs in a process that serves nothing else."""

import os
import sys
from typing import Final

from local_server.imaging import answer
from local_server.imaging.decode import Refusal, decode, prepare
from local_server.imaging.pixels import full_size
from local_server.imaging.tiles import cut_tiles

DECODE: Final = "decode"
TILES: Final = "tiles"
PIXELS: Final = "pixels"


def run(task: str, source: int, sink: int) -> None:
    """Read the file behind `source` from its start and write the answer to `sink`."""
    with os.fdopen(source, "rb") as file, os.fdopen(sink, "wb") as result:
        try:
            if task == TILES:
                content = answer.write_tiles(cut_tiles(file))
            elif task == PIXELS:
                content = answer.write_pixels(full_size(file))
            else:
                content = answer.write_decoded(decode(file))
        except Refusal as refusal:
            content = answer.write_refused(refusal.refused)
        result.write(content)


def main() -> None:
    """Do the task named on the command line from standard input to standard output."""
    prepare()
    run(sys.argv[1], 0, 1)


if __name__ == "__main__":
    main()
