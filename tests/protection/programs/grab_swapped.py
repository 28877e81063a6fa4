"""Takes the screen as a client of the other byte order with BIG-REQUESTS lengths: `grab_swapped.py FILE`."""

import sys

from wire import FOREIGN, Wire, cookie, keep

wire = Wire(cookie(), FOREIGN)
big = wire.extension("BIG-REQUESTS")
wire.ask(wire.request(big))
area = (wire.root, 0, 0, wire.width, wire.height, 0xFFFFFFFF)
keep(sys.argv[1], wire.ask(wire.pack("BBHIIhhHHI", 73, 2, 0, 6, *area))[32:])
