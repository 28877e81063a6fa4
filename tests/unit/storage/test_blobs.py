"""Sealed blobs: whole or not at all, and never anything that was tampered with."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.storage.blobs import Blobs
from local_server.storage.errors import BlobDamaged, BlobMissing, DiskFull, StorageUnwritable, write_failure
from local_server.storage.sealing import OVERHEAD, Sealer
from local_server.storage.store import FolderStore

NAME = "0123456789abcdef0123456789abcdef-screen"
OTHER = "0123456789abcdef0123456789abcdef-thumbnail"


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs", Sealer(b"k" * 32))


def folder_of(blobs: Blobs) -> Path:
    assert isinstance(blobs.store, FolderStore)
    return blobs.store.folder


def _file(blobs: Blobs, name: str) -> Path:
    (path,) = folder_of(blobs).rglob(name)
    return path


def test_a_blob_that_cannot_be_read_is_an_outage(blobs: Blobs) -> None:
    blobs.put(NAME, b"content")
    path = _file(blobs, NAME)
    path.unlink()
    path.mkdir()
    with pytest.raises(BlobDamaged, match="cannot be read"):
        blobs.get(NAME)


@given(content=st.binary(max_size=4096), name=st.text(max_size=60))
def test_what_is_sealed_opens_again_under_its_name_only(content: bytes, name: str) -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal(name, content)
    assert sealer.open(name, sealed) == content
    assert len(sealed) == len(content) + OVERHEAD
    with pytest.raises(BlobDamaged):
        sealer.open(name + "x", sealed)
    with pytest.raises(BlobDamaged):
        Sealer(b"j" * 32).open(name, sealed)


@given(content=st.binary(max_size=64), data=st.data())
def test_any_changed_bit_breaks_the_seal(content: bytes, data: st.DataObject) -> None:
    sealer = Sealer(b"k" * 32)
    sealed = bytearray(sealer.seal("n", content))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BlobDamaged):
        sealer.open("n", bytes(sealed))


@given(content=st.binary(max_size=64), data=st.data())
def test_a_shortened_blob_breaks_the_seal(content: bytes, data: st.DataObject) -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal("n", content)
    with pytest.raises(BlobDamaged):
        sealer.open("n", sealed[: data.draw(st.integers(0, len(sealed) - 1))])


def test_put_and_get(blobs: Blobs) -> None:
    assert not blobs.exists(NAME)
    size = blobs.put(NAME, b"pixels" * 100)
    assert blobs.get(NAME) == b"pixels" * 100
    assert blobs.exists(NAME)
    assert size == _file(blobs, NAME).stat().st_size
    assert b"pixels" not in _file(blobs, NAME).read_bytes()
    blobs.put(NAME, b"again")
    assert blobs.get(NAME) == b"again"
    blobs.delete(NAME)
    blobs.delete(NAME)
    with pytest.raises(BlobMissing):
        blobs.get(NAME)


def test_a_blob_moved_to_another_name_does_not_open(blobs: Blobs) -> None:
    blobs.put(NAME, b"one")
    blobs.put(OTHER, b"two")
    _file(blobs, NAME).replace(_file(blobs, OTHER))
    with pytest.raises(BlobDamaged):
        blobs.get(OTHER)


@pytest.mark.parametrize("name", ["../../etc/passwd", "short", "A" * 32, "0" * 32 + "/x", "", "0" * 32 + "-"])
def test_names_that_could_leave_the_folder_are_bugs(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="not a blob name"):
        blobs.get(name)


def test_what_a_dead_writer_left_is_swept(blobs: Blobs) -> None:
    blobs.put(NAME, b"one")
    partial = folder_of(blobs) / ".partial" / "left-behind"
    partial.write_bytes(b"half")
    assert blobs.sweep_partial(older_than_seconds=3600) == 0
    assert blobs.sweep_partial(older_than_seconds=-1) == 1
    assert list(blobs.names(older_than_seconds=-1)) == [NAME]
    assert list(blobs.names(older_than_seconds=3600)) == []


def test_what_the_kernel_says_of_a_full_disk_becomes_an_outage_with_advice() -> None:
    with (
        pytest.raises(OSError, match="No space") as caught,
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")
    outage = write_failure(caught.value, Path("blob"))
    assert isinstance(outage, DiskFull)
    assert outage.code == "disk_full"
    assert "Free some space" in outage.advice
    assert caught.value.errno == errno.ENOSPC


def test_a_write_that_fails_leaves_the_old_object_whole(blobs: Blobs) -> None:
    blobs.put(NAME, b"one")
    folder = folder_of(blobs) / ".partial"
    folder.rmdir()
    folder.write_bytes(b"in the way")
    with pytest.raises(Exception, match=r"\.partial|exists"):
        blobs.put(NAME, b"two")
    assert blobs.get(NAME) == b"one"


def test_a_blob_that_cannot_be_deleted_is_an_outage(blobs: Blobs) -> None:
    blobs.put(NAME, b"content")
    path = _file(blobs, NAME)
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageUnwritable):
        blobs.delete(NAME)


def test_a_file_of_somebody_else_among_the_blobs_is_not_listed(blobs: Blobs) -> None:
    blobs.put(NAME, b"content")
    (_file(blobs, NAME).parent / ".DS_Store").touch()
    assert list(blobs.names(older_than_seconds=-1.0)) == [NAME]
