"""One task on one file between two descriptors; runs in a process that serves nothing else."""

import os
import sys
from typing import Final

from local_server.imaging import answer
from local_server.imaging.decode import Refusal, decode, prepare
from local_server.imaging.parts import pixels_of_part
from local_server.imaging.tiles import cut_tiles

DECODE: Final = "decode"
TILES: Final = "tiles"
PIXELS: Final = "pixels"


def run(task: str, source: int, sink: int) -> None:
    """Read the file behind `source` from its start and write the answer to `sink`.

    The task `pixels` is followed by the number of a part.
    """
    name, _, part = task.partition(" ")
    with os.fdopen(source, "rb") as file, os.fdopen(sink, "wb") as result:
        try:
            if name == TILES:
                content = answer.write_tiles(cut_tiles(file))
            elif name == PIXELS:
                content = answer.write_pixels(pixels_of_part(file, int(part)))
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
