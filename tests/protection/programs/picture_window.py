"""A program with one window that shows the test pattern: `picture_window.py x,y,width,height [override]`.

Prints the window's id, repaints on every exposure, takes `move x y` on standard input, ends with its input.
"""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

from __future__ import annotations

import select
import sys

import xcffib
import xcffib.xproto

COLOURS = (0xE01B84, 0x14C8A0, 0xF0A010)


def main() -> None:
    """Show the pattern until standard input ends."""
    x, y, width, height = map(int, sys.argv[1].split(","))
    connection = xcffib.connect()
    screen = connection.get_setup().roots[connection.pref_screen]
    window = connection.generate_id()
    masks = xcffib.xproto.CW.OverrideRedirect | xcffib.xproto.CW.EventMask
    values = [int("override" in sys.argv), xcffib.xproto.EventMask.Exposure]
    core = connection.core
    core.CreateWindow(0, window, screen.root, x, y, width, height, 0, 1, 0, masks, values)
    pens = []
    for colour in COLOURS:
        pens.append(connection.generate_id())
        core.CreateGC(pens[-1], window, xcffib.xproto.GC.Foreground, [colour])
    core.MapWindow(window)
    connection.flush()
    announced = False
    while True:
        while event := connection.poll_for_event():
            if isinstance(event, xcffib.xproto.ExposeEvent) and event.count == 0:
                for index in range(0, width, 10):
                    stripe = xcffib.xproto.RECTANGLE.synthetic(index, 0, 10, height)
                    core.PolyFillRectangle(window, pens[index // 10 % 3], 1, [stripe])
                core.GetInputFocus().reply()
                if not announced:
                    announced = True
                    sys.stdout.write(f"{window}\n")
                    sys.stdout.flush()
        connection.flush()
        readable, _, _ = select.select([connection.get_file_descriptor(), sys.stdin], [], [])
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if not line:
                return
            _, left, top = line.split()
            position = xcffib.xproto.ConfigWindow.X | xcffib.xproto.ConfigWindow.Y
            core.ConfigureWindow(window, position, [int(left), int(top)])


main()
