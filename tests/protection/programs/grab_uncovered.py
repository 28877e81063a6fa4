"""Clears what lies over a window away and reads it: `grab_uncovered.py FILE WINDOW unmap|lower|destroy|kill`.

The first read brings the guard's answer, the others find it. `kill` ends the client behind what lies there.
"""

import sys
import time

from wire import Wire, cookie, keep

OPCODES = {"unmap": 10, "destroy": 4, "kill": 113}
wire = Wire(cookie())
window, way = int(sys.argv[2]), sys.argv[3]
width, height = wire.size(window)
before = set(wire.family(window)[1])
frames = []
for _ in range(10):
    over = [child for child in wire.family(window)[1] if child not in before]
    if way == "lower":
        clear = [wire.request(12, 0, wire.pack("IHxxI", child, 1 << 6, 1)) for child in over]
    else:
        clear = [wire.request(OPCODES[way], 0, wire.pack("I", child)) for child in over]
    wire.send(*clear, wire.read(window, 0, 0, width, height), wire.request(43))
    while (answer := wire.reply()) is None:
        pass  # what was to be cleared has gone by itself
    if len(answer) == 32:
        break  # the window has gone, and this answers the last question
    wire.reply()
    frames.append(answer[32:])
    time.sleep(0.05)
keep(sys.argv[1], *frames)
