"""Which requests the sentinel wants to hear of: few at all times, more while something is protected."""

from __future__ import annotations

from collections.abc import Iterator

from .decoded import Opcodes

BAD_MATCH = 8
KEY_PRESS = 2

Pair = tuple[int, int]
Range = tuple[Pair, tuple[int, int, int], Pair, Pair]

# Windows and their backgrounds, pixmaps that are freed. They are rare, and later reads are judged by them.
_LEARNT = ((1, 2), (4, 4), (54, 54))
# Windows that are reparented, shown, hidden, moved; owners of selections; copies, reads, KillClient.
_GUARDED = ((5, 5), (7, 8), (10, 13), (22, 22), (62, 63), (73, 73), (113, 113))


def recorded_ranges(opcodes: Opcodes, *, guarding: bool) -> Iterator[Range]:
    """Yield what RECORD must report: (core opcodes), (extension major, first minor, last minor), (device
    events), (error codes).
    """
    extensions: tuple[tuple[int, int, int], ...] = (
        (opcodes.composite, 1, 2),
        (opcodes.composite, 6, 6),
        (opcodes.render, 4, 5),
        (opcodes.render, 7, 7),
        (opcodes.render, 28, 28),
    )
    guarded: tuple[tuple[int, int, int], ...] = (
        (opcodes.shm, 4, 4),
        (opcodes.render, 8, 8),
        (opcodes.render, 10, 13),
        (opcodes.render, 23, 25),
        (opcodes.render, 27, 27),
        (opcodes.shape, 1, 4),
        (opcodes.xfixes, 21, 21),
        (opcodes.double_buffer, 1, 1),
        (opcodes.dri2, 5, 7),
        (opcodes.dri3, 3, 3),
        (opcodes.dri3, 8, 8),
        (opcodes.present, 1, 1),
        (opcodes.present, 5, 5),
        (opcodes.glx, 5, 5),
        (opcodes.glx, 13, 13),
        (opcodes.glx, 22, 22),
        (opcodes.glx, 26, 26),
        (opcodes.glx, 31, 31),
        (opcodes.record, 5, 5),
    )
    for pair in (*_LEARNT, *(_GUARDED if guarding else ())):
        yield pair, (0, 0, 0), (0, 0), (0, 0)
    for extension in (*extensions, *(guarded if guarding else ())):
        if extension[0]:
            yield (0, 0), extension, (0, 0), (0, 0)
    yield (0, 0), (0, 0, 0), (0, 0), (BAD_MATCH, BAD_MATCH)
    if guarding:
        yield (0, 0), (0, 0, 0), (KEY_PRESS, KEY_PRESS), (0, 0)
