"""Lists the files below a folder that may be pictures, as bytes paths, without ever leaving the folder."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from local_server.imaging.formats import MAGIC_BYTES, has_picture_extension, looks_like_a_picture
from local_server.library.originals import open_file

# Folders in which other programs keep copies of pictures: thumbnails of Synology, Windows and ACDSee.
_FOREIGN: Final = frozenset((b"@eaDir", b"#recycle", b"$RECYCLE.BIN", b"System Volume Information"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file as the file system has it; the inode as the signed number that a column can hold."""

    path: bytes
    size: int
    modified_ns: int
    inode: int

    @classmethod
    def of(cls, path: bytes, status: os.stat_result) -> "Seen":
        """Take from a status what tells one state of a file from another."""
        inode = status.st_ino - (1 << 64) if status.st_ino >= 1 << 63 else status.st_ino
        return cls(path, status.st_size, status.st_mtime_ns, inode)


@dataclass(slots=True)
class Listing:
    """Everything below one folder; `blind` are folders that could not be read: nothing is known of them."""

    files: list[Seen] = field(default_factory=list)
    folders: list[bytes] = field(default_factory=list)
    blind: list[bytes] = field(default_factory=list)


def listing(folder: bytes) -> Listing:
    """List one folder without those below it.

    Links are not followed: what a link inside the gallery points to is found at its own place, and what lies
    outside is none of ours. Hidden files and folders are left out.
    """
    found = Listing()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                _take(entry, found)
    except (FileNotFoundError, NotADirectoryError):
        return Listing()
    except OSError:
        found.blind.append(folder)
    return found


def deep_listing(folder: bytes) -> Listing:
    """List a folder and all below it."""
    whole = Listing()
    waiting = [folder]
    while waiting:
        part = listing(waiting.pop())
        whole.files += part.files
        whole.folders += part.folders
        whole.blind += part.blind
        waiting += part.folders
    return whole


def may_be_a_picture(path: bytes) -> bool:
    """Tell whether a file promises to be a picture, by its name or by how it begins.

    Sidecars and documents promise neither and are passed over in silence; an unreadable file counts by name.
    """
    if has_picture_extension(os.fsdecode(path.rpartition(b"/")[2])):
        return True
    try:
        descriptor = open_file(path)
    except OSError:
        return False
    try:
        return looks_like_a_picture(os.read(descriptor, MAGIC_BYTES))
    except OSError:
        return False
    finally:
        os.close(descriptor)


def files_of(path: bytes) -> Iterator[bytes]:
    """Yield a file itself, or all files below a folder, and folders that cannot be read, in order of name."""
    if Path(os.fsdecode(path)).is_dir():
        whole = deep_listing(path)
        yield from sorted([*(file.path for file in whole.files), *whole.blind])
    else:
        yield path


def _take(entry: "os.DirEntry[bytes]", found: Listing) -> None:
    if entry.name.startswith(b".") or entry.name in _FOREIGN:
        return
    try:
        if entry.is_dir(follow_symlinks=False):
            found.folders.append(entry.path)
        elif entry.is_file(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                found.files.append(Seen.of(entry.path, status))
    except OSError:
        return  # gone since it was listed
