"""A program that reads a window of its own: `reader.py x,y,width,height painted|bare read|copy [below]`.

`painted` has a background, `bare` has none, so that it shows what was on the screen before it. `copy` reads
through a pixmap of its own.
"""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import sys

import xcffib
import xcffib.xproto

x, y, width, height = map(int, sys.argv[1].split(","))
connection = xcffib.connect()
core = connection.core
screen = connection.get_setup().roots[connection.pref_screen]
window, pixmap, pen = (connection.generate_id() for _ in range(3))
attributes = xcffib.xproto.CW
if sys.argv[2] == "painted":
    mask, values = attributes.BackPixel | attributes.OverrideRedirect, [0x336699, 1]
else:
    mask, values = attributes.BackPixmap | attributes.OverrideRedirect, [0, 1]
core.CreateWindow(0, window, screen.root, x, y, width, height, 0, 1, 0, mask, values)
if "below" in sys.argv:
    core.ConfigureWindow(window, xcffib.xproto.ConfigWindow.StackMode, [xcffib.xproto.StackMode.Below])
core.MapWindow(window)
drawable = window
if sys.argv[3] == "copy":
    drawable = pixmap
    core.CreatePixmap(screen.root_depth, pixmap, screen.root, width, height)
    core.CreateGC(pen, pixmap, 0, [])
    core.CopyArea(window, pixmap, pen, 0, 0, 0, 0, width, height)
core.GetImage(xcffib.xproto.ImageFormat.ZPixmap, drawable, 0, 0, width, height, 0xFFFFFFFF).reply()
core.FreePixmap(pixmap) if drawable == pixmap else None
connection.disconnect()
