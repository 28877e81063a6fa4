"""Stops or kills a process, then takes the screen ten times: `grab_stunned.py FILE PID stop|kill`."""

import os
import signal
import sys
import time

from wire import Wire, cookie, keep

wire, pid = Wire(cookie()), int(sys.argv[2])
os.kill(pid, signal.SIGSTOP if sys.argv[3] == "stop" else signal.SIGKILL)
frames = []
for _ in range(10):
    frames.append(wire.screen())
    time.sleep(0.2)
keep(sys.argv[1], *frames)
