"""Claims to be the compositing manager, then reads the window: `false_compositor.py WINDOW`."""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import signal
import sys
import time

import xcffib
import xcffib.composite
import xcffib.xproto

window = int(sys.argv[1])
connection = xcffib.connect()
core = connection.core
root = connection.get_setup().roots[0].root
owner, pixmap = connection.generate_id(), connection.generate_id()
core.CreateWindow(0, owner, root, 0, 0, 1, 1, 0, 1, 0, 0, [])
name = b"_NET_WM_CM_S0"
core.SetSelectionOwner(owner, core.InternAtom(False, len(name), name).reply().atom, 0)
composite = connection(xcffib.composite.key)
composite.QueryVersion(0, 4).reply()
composite.RedirectSubwindows(root, xcffib.composite.Redirect.Automatic)
composite.NameWindowPixmap(window, pixmap)
core.GetInputFocus().reply()
time.sleep(0.3)  # by now it is known for what it claims to be
core.GetImage(xcffib.xproto.ImageFormat.ZPixmap, pixmap, 0, 0, 400, 300, 0xFFFFFFFF).reply()
signal.pause()
