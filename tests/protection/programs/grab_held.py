"""Grabs the server, so that nobody else is served while it reads three times: `grab_held.py FILE`."""

import sys

from wire import Wire, cookie, keep

wire = Wire(cookie())
wire.send(wire.request(36))
frames = [wire.screen() for _ in range(3)]
wire.send(wire.request(37))
wire.settle()
keep(sys.argv[1], *frames)
