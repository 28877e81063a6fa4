"""Takes the screen with mss: `grab_mss.py FILE`."""

import sys

import mss

with mss.mss() as screens:
    screens.shot(mon=-1, output=sys.argv[1])
