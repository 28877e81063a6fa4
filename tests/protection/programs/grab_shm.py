"""Takes the screen through shared memory: `grab_shm.py FILE [copy]`; `copy` by way of a pixmap of its own."""

import ctypes
import sys

from wire import Wire, cookie, keep

PRIVATE, OWN, REMOVE = 0, 0o600, 0
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p

wire = Wire(cookie())
memory, segment = wire.extension("MIT-SHM"), wire.new_id()
size = 4 * wire.width * wire.height
shared = libc.shmget(PRIVATE, size, OWN)
address = libc.shmat(shared, None, 0)
wire.send(wire.request(memory, 1, wire.pack("IIBxxx", segment, shared, 0)))
wire.settle()
libc.shmctl(shared, REMOVE, None)
drawable = wire.root
if "copy" in sys.argv:
    drawable, pen = wire.new_id(), wire.new_id()
    wire.send(
        wire.request(53, 24, wire.pack("IIHH", drawable, wire.root, wire.width, wire.height)),
        wire.request(55, 0, wire.pack("IIII", pen, drawable, 1 << 15, 1)),
        wire.request(
            62, 0, wire.pack("IIIhhhhHH", wire.root, drawable, pen, 0, 0, 0, 0, wire.width, wire.height)
        ),
    )
area = wire.pack("IhhHHIBxxxII", drawable, 0, 0, wire.width, wire.height, 0xFFFFFFFF, 2, segment, 0)
wire.ask(wire.request(memory, 4, area))
keep(sys.argv[1], ctypes.string_at(address, size))
