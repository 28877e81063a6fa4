"""Connects four hundred times, and reads the screen among them: `grab_flooded.py FILE`."""

import sys

from wire import Wire, cookie, keep

known = cookie()
crowd = [Wire(known) for _ in range(100)]
frames = [Wire(known).screen()]
for _ in range(3):
    for wire in crowd:
        wire.close()
    crowd = [Wire(known) for _ in range(100)]
frames.append(crowd[50].screen())
keep(sys.argv[1], *frames)
