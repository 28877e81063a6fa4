"""Connections to a test's own X server, beside the one that this process may be a client of already."""

import os
import threading
from pathlib import Path
from typing import Any

import xcffib

_turn = threading.Lock()


def connected(display: str, authority: str | Path) -> Any:
    """Connect to a display with the key in a file; the environment is as before, afterwards.

    Only through the environment can libxcb be told of the file. The library's methods are made from XML and
    have no types.
    """
    with _turn:
        before = os.environ.get("XAUTHORITY")
        os.environ["XAUTHORITY"] = str(authority)
        try:
            return xcffib.connect(display=display)  # type: ignore[no-untyped-call]
        finally:
            if before is None:
                del os.environ["XAUTHORITY"]
            else:
                os.environ["XAUTHORITY"] = before
