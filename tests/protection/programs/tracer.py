"""A debugger in small: `tracer.py seize|stop PID` attaches, says so, and leaves with its standard input.

`stop` holds the process still as long as it is attached, `seize` lets it run.
"""

import ctypes
import os
import select
import signal
import sys

SEIZE, ATTACH, CONT, WALL = 0x4206, 16, 7, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request: int, pid: int, data: int = 0) -> None:
    """Ask the kernel; end with its refusal."""
    if libc.ptrace(request, pid, None, ctypes.c_void_p(data)) != 0:
        sys.exit(f"refused: {os.strerror(ctypes.get_errno())}")


def let_run(pid: int) -> None:
    """Hand every signal on to the process that is traced."""
    found, status = os.waitpid(pid, os.WNOHANG | WALL)
    if found and os.WIFSTOPPED(status):
        number = os.WSTOPSIG(status)
        event = status >> 16
        ptrace(CONT, pid, 0 if event or number == signal.SIGTRAP else number)


mode, pid = sys.argv[1], int(sys.argv[2])
ptrace(SEIZE if mode == "seize" else ATTACH, pid)
if mode == "stop":
    os.waitpid(pid, WALL)
sys.stdout.write("attached\n")
sys.stdout.flush()
# The end of this process detaches it.
while not select.select([0], [], [], 0.01)[0]:
    if mode == "seize":
        let_run(pid)
