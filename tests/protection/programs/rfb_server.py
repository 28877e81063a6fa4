"""Listens on the last free port of remote desktops; prints it, and ends with its input."""

from __future__ import annotations

import socket
import sys

with socket.socket() as server:
    for port in range(5999, 5900, -1):
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            continue
        break
    server.listen()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
