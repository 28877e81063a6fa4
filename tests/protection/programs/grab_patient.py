"""Connects, waits for a line on standard input, and then takes the screen: `grab_patient.py FILE`."""

import sys

from wire import Wire, cookie, keep

wire = Wire(cookie())
sys.stdout.write("connected\n")
sys.stdout.flush()
sys.stdin.readline()
keep(sys.argv[1], wire.screen())
