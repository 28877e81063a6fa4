"""Attacks the black windows over a window: `disarm.py WINDOW WAY`, where WAY names a request below."""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import sys

import xcffib
import xcffib.composite
import xcffib.shape
import xcffib.xfixes
import xcffib.xproto

window, way = int(sys.argv[1]), sys.argv[2]
connection = xcffib.connect()
core = connection.core
root = connection.get_setup().roots[connection.pref_screen].root
children = list(core.QueryTree(window).reply().children)
if not children:
    sys.exit("there is nothing to attack")
for cover in children:
    if way == "unmap":
        core.UnmapWindow(cover)
    elif way == "destroy":
        core.DestroyWindow(cover)
    elif way == "shrink":
        masks = xcffib.xproto.ConfigWindow
        core.ConfigureWindow(cover, masks.Width | masks.Height, [1, 1])
    elif way == "reparent":
        core.ReparentWindow(cover, root, 700, 500)
    elif way == "background":
        core.ChangeWindowAttributes(cover, xcffib.xproto.CW.BackPixmap, [0])
        core.UnmapWindow(cover)
        core.MapWindow(cover)
    elif way == "shape":
        shape = connection(xcffib.shape.key)
        shape.Rectangles(xcffib.shape.SO.Set, xcffib.shape.SK.Bounding, 0, cover, 0, 0, 0, [])
    elif way == "region":
        fixes = connection(xcffib.xfixes.key)
        fixes.QueryVersion(5, 0).reply()
        region = connection.generate_id()
        fixes.CreateRegion(region, 0, [])
        fixes.SetWindowShapeRegion(cover, xcffib.shape.SK.Bounding, 0, 0, region)
if way == "unmap-all":
    core.UnmapSubwindows(window)
elif way == "destroy-all":
    core.DestroySubwindows(window)
elif way == "redirect":
    composite = connection(xcffib.composite.key)
    composite.QueryVersion(0, 4).reply()
    composite.RedirectSubwindows(window, xcffib.composite.Redirect.Manual)
core.GetInputFocus().reply()
