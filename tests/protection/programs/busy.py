"""A program that draws and moves without end: 500 copies and 500 moves a second, half over the picture."""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import itertools
import time

import xcffib
import xcffib.xproto

connection = xcffib.connect()
core = connection.core
screen = connection.get_setup().roots[connection.pref_screen]
window, pixmap, pen = (connection.generate_id() for _ in range(3))
core.CreateWindow(0, window, screen.root, 400, 10, 200, 200, 0, 1, 0, xcffib.xproto.CW.BackPixel, [0x336699])
core.CreatePixmap(screen.root_depth, pixmap, screen.root, 200, 200)
core.CreateGC(pen, pixmap, 0, [])
core.MapWindow(window)
for step in itertools.count():
    core.CopyArea(pixmap, window, pen, 0, 0, 0, 0, 200, 200)
    core.ConfigureWindow(window, xcffib.xproto.ConfigWindow.X, [400 + step % 200])
    if step % 10 == 0:
        core.GetInputFocus().reply()
        time.sleep(0.02)
