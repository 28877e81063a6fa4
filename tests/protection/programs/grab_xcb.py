"""Takes the screen with plain requests: `grab_xcb.py FILE [DRAWABLE [WAYS...]]`.

WAYS: `copy` reads through a pixmap that CopyArea filled, `composite` through NameWindowPixmap after
redirecting the window itself, `render` through a Render picture of the root. The DRAWABLE `overlay` is the
window that a compositing manager paints on.
"""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import sys
from pathlib import Path

import xcffib
import xcffib.composite
import xcffib.render
import xcffib.xproto

connection = xcffib.connect()
core = connection.core
screen = connection.get_setup().roots[connection.pref_screen]
named = sys.argv[2] if len(sys.argv) > 2 else str(screen.root)
if named == "overlay":
    composite = connection(xcffib.composite.key)
    composite.QueryVersion(0, 4).reply()
    named = str(composite.GetOverlayWindow(screen.root).reply().overlay_win)
source = int(named)
way = sys.argv[3] if len(sys.argv) > 3 else "plain"
geometry = core.GetGeometry(source).reply()
width, height = geometry.width, geometry.height
drawable = source
if way != "plain":
    drawable = connection.generate_id()
if way in ("copy", "render"):
    core.CreatePixmap(screen.root_depth, drawable, screen.root, width, height)
if way == "copy":
    pen = connection.generate_id()
    core.CreateGC(
        pen, drawable, xcffib.xproto.GC.SubwindowMode, [xcffib.xproto.SubwindowMode.IncludeInferiors]
    )
    core.CopyArea(source, drawable, pen, 0, 0, 0, 0, width, height)
elif way == "composite":
    composite = connection(xcffib.composite.key)
    composite.QueryVersion(0, 4).reply()
    composite.RedirectWindow(source, xcffib.composite.Redirect.Automatic)
    composite.NameWindowPixmap(source, drawable)
elif way == "render":
    render = connection(xcffib.render.key)
    formats = render.QueryPictFormats().reply()
    visuals = [v for s in formats.screens for d in s.depths for v in d.visuals]
    format_ = next(v.format for v in visuals if v.visual == screen.root_visual)
    pictures = [connection.generate_id(), connection.generate_id()]
    render.CreatePicture(pictures[0], source, format_, xcffib.render.CP.SubwindowMode, [1])
    render.CreatePicture(pictures[1], drawable, format_, 0, [])
    render.Composite(xcffib.render.PictOp.Src, pictures[0], 0, pictures[1], 0, 0, 0, 0, 0, 0, width, height)
image = core.GetImage(xcffib.xproto.ImageFormat.ZPixmap, drawable, 0, 0, width, height, 0xFFFFFFFF).reply()
Path(sys.argv[1]).write_bytes(image.data.raw)
