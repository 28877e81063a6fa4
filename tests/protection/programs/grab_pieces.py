"""Puts the screen together from many small reads, all sent at once: `grab_pieces.py FILE rows|points`."""

import sys

from wire import Wire, cookie, keep

wire = Wire(cookie())
if sys.argv[2] == "rows":
    parts = [(0, y, wire.width, 1) for y in range(wire.height)]
else:
    parts = [(x, y, 1, 1) for y in range(0, wire.height, 20) for x in range(0, wire.width, 20)]
wire.send(*(wire.read(wire.root, *part) for part in parts))
keep(sys.argv[1], b"".join((wire.reply() or b"")[32:] for _ in parts))
