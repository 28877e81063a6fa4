"""What can go wrong with keys and blobs; every class says what the owner should do."""

import errno
from pathlib import Path

from local_server.errors import Outage

_FULL = {errno.ENOSPC, errno.EDQUOT}


class KeyMissing(Outage):
    """The master key this installation was sealed with cannot be found; a second one is never made."""

    code = "key_missing"
    title = "The key that opens the stored pictures is missing"
    advice = (
        "Unlock the key store of this account, or put keys/master.key back from a backup, and start again. "
        "Without it the thumbnails cannot be opened; the original pictures are untouched."
    )


class KeyWrong(Outage):
    """A master key was found, but not the one this installation was sealed with."""

    code = "key_wrong"
    title = "The key found is not the one the pictures were sealed with"
    advice = (
        "Restore the key that belongs to this data directory (keys/master.key, or the key store's entry)."
    )


class BlobMissing(Outage):
    """A catalogue row names a blob that is not there."""

    code = "blob_missing"
    title = "A stored rendition is missing"
    advice = "It is made anew from the original picture by itself; try again in a moment."


class StorageAway(Outage):
    """The S3 storage does not answer, and what is asked for is not kept here."""

    code = "storage_away"
    title = "The picture storage does not answer"
    advice = "See that the S3 storage runs and can be reached from here; it is asked again by itself."


class BlobDamaged(Outage):
    """A blob was altered, cut short or moved to another name: its seal does not hold."""

    code = "blob_damaged"
    title = "A stored rendition was altered or damaged"
    advice = (
        "It is made anew from the original picture by itself; try again in a moment. If this repeats, check "
        "the disk, and who else can write to the data directory."
    )


class DiskFull(Outage):
    """There is no room left for what must be written."""

    code = "disk_full"
    title = "The disk is full"
    advice = "Free some space on the disk that holds the data directory; work goes on by itself afterwards."


class StorageUnwritable(Outage):
    """The data directory refuses to be written."""

    code = "storage_unwritable"
    title = "The data directory cannot be written"
    advice = (
        "Check that the data directory belongs to this account and that its disk is not mounted read-only."
    )


def write_failure(error: OSError, path: Path) -> Outage:
    """Name the outage behind a failed write."""
    kind = DiskFull if error.errno in _FULL else StorageUnwritable
    return kind(f"{path}: {error.strerror or error}")
