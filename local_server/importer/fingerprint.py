"""What a file is, whatever its name: the hash of its content, of a state that did not change meanwhile."""

import os
import stat
from dataclasses import dataclass

from local_server.importer.walk import Seen
from local_server.library.originals import content_hash, open_file


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's state and the SHA-256 of its content, hexadecimal."""

    seen: Seen
    content_hash: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be fingerprinted; `seen` is None where not even its state is known."""

    code: str
    reason: str
    seen: Seen | None = None


def fingerprint(path: bytes, most_bytes: int) -> Fingerprint | Unreadable:
    """Read a file once and return its fingerprint."""
    try:
        descriptor = open_file(path)
    except FileNotFoundError:
        return Unreadable("missing", "There is no such file.")
    except OSError as error:
        return Unreadable("unreadable", f"The file cannot be opened: {error.strerror or error}.", _seen(path))
    try:
        status = os.fstat(descriptor)
        seen = Seen.of(path, status)
        if not stat.S_ISREG(status.st_mode):
            return Unreadable("not_a_file", "This is no regular file.", seen)
        if status.st_size > most_bytes:
            return Unreadable(
                "file_too_large",
                f"The file has {status.st_size >> 20} MiB; more than {most_bytes >> 20} MiB are not taken.",
                seen,
            )
        content = content_hash(descriptor)
        if Seen.of(path, os.fstat(descriptor)) != seen:
            return Unreadable("changing", "The file changes while it is read.", seen)
    except OSError as error:
        return Unreadable("unreadable", f"The file cannot be read: {error.strerror or error}.", _seen(path))
    finally:
        os.close(descriptor)
    return Fingerprint(seen, content)


def _seen(path: bytes) -> Seen | None:
    try:
        return Seen.of(path, os.lstat(path))
    except OSError:
        return None
