"""The process that forks one limited child a file, so that decoders are loaded once.

Speaks over a SOCK_SEQPACKET socket: a request is JSON with two descriptors (the file to read, the
file to answer into), the reply is JSON about how the child ended. It never looks at a picture itself.
"""

import ctypes
import json
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

from local_server.imaging.child import run
from local_server.imaging.decode import prepare
from local_server.imaging.limits import LARGEST_ANSWER, Limits

_DESCRIPTORS: Final = 16

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38


def main() -> None:
    """Serve requests from the inherited socket until the other side is gone."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the worker, which closes the socket
    os.environ.clear()
    prepare()
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    size = _address_space()
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, 4096, 2)
        if not message:
            return
        source, sink = descriptors
        request = json.loads(message)
        limits = Limits(**request["limits"])
        pid = os.fork()
        if pid == 0:
            connection.close()
            _become_child(prctl, limits, size + limits.memory)
            run(request["task"], source, sink)
            os._exit(0)
        os.close(source)
        os.close(sink)
        connection.send(json.dumps(_await(pid, connection, limits.wall_seconds)).encode())


def _become_child(prctl: Any, limits: Limits, memory: int) -> None:
    """Give up everything that reading one file and writing one answer does not need."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, LARGEST_ANSWER),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(limit, (value, value))
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()


def _await(pid: int, connection: socket.socket, seconds: float) -> dict[str, Any]:
    """Wait for the child's end; kill it when its time is over or when nobody waits for it any more."""
    timed_out = False
    child = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(child, select.POLLIN)
        poll.register(connection, select.POLLHUP)
        ended = [descriptor for descriptor, _ in poll.poll(seconds * 1000)]
        if child not in ended:
            timed_out = not ended
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(child)
    _, status, usage = os.wait4(pid, 0)
    return {
        "exit": os.waitstatus_to_exitcode(status),
        "timed_out": timed_out,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
    }


if __name__ == "__main__":
    main()
