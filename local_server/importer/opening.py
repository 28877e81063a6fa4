"""A file that somebody names by its path: the one file behind it, read and fingerprinted."""

import os
from pathlib import Path

from local_server.importer.errors import PictureRefused
from local_server.importer.fingerprint import Fingerprint, fingerprint


def opened(path: bytes, most_bytes: int) -> Fingerprint:
    """Return the fingerprint of the file that a path leads to. Raises PictureRefused."""
    read = fingerprint(_resolved(path), most_bytes)
    if not isinstance(read, Fingerprint):
        raise PictureRefused(read.reason, reason_code=read.code)
    return read


def _resolved(path: bytes) -> bytes:
    """Return the one path of the file that a path leads to: who names a link means the file behind it."""
    if b"\0" in path or not Path(os.fsdecode(path)).is_absolute():
        raise PictureRefused("This is not the full path of a file.", reason_code="missing")
    return os.path.realpath(path)
