"""Reads a window's relation in its place: `grab_relative.py FILE WINDOW parent|child|overlay`.

`parent` is the window manager's frame (or the root), `child` the window that is uppermost in it, `overlay`
the Composite overlay window.
"""

import struct
import sys

from wire import Wire, cookie, keep

wire = Wire(cookie())
window, relation = int(sys.argv[2]), sys.argv[3]
if relation == "overlay":
    composite = wire.extension("Composite")
    wire.ask(wire.request(composite, 0, wire.pack("II", 0, 4)))
    (wanted,) = struct.unpack_from("=I", wire.ask(wire.request(composite, 7, wire.pack("I", wire.root))), 8)
else:
    parent, children = wire.family(window)
    wanted = parent if relation == "parent" else (children or [window])[-1]
keep(sys.argv[1], wire.image(wanted, 0, 0, *wire.size(wanted)))
