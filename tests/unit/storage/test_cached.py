"""Blobs in a real bucket: the same sealed bytes as in a folder, and nothing lost while it is away."""

import hashlib
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from local_server.external.link import Away
from local_server.storage.blobs import Blobs
from local_server.storage.bucket import Address, Bucket
from local_server.storage.cached import CachedStore
from local_server.storage.errors import BlobMissing, StorageAway
from local_server.storage.sealing import Sealer
from local_server.storage.store import FolderStore
from tests.support.parts.s3 import S3
from tests.support.waiting import until

KEY = b"k" * 32
NAME, LARGE = "0123456789abcdef0123456789abcdef-screen", "0123456789abcdef0123456789abcdef-original"


def at(settings: Mapping[str, str], **changed: str) -> Bucket:
    known = {**settings, **changed}
    return Bucket(
        Address(
            known["MINIO_ENDPOINT"],
            int(known["MINIO_PORT"]),
            known["MINIO_BUCKET"],
            known["MINIO_ACCESS_KEY"],
            known["MINIO_SECRET_KEY"],
            tls=False,
        )
    )


def store(
    bucket: Bucket,
    folder: Path,
    cache_bytes: int = 1 << 30,
    settling: float = 0.0,
    monotonic: Callable[[], float] = time.monotonic,
) -> CachedStore:
    return CachedStore(
        bucket,
        FolderStore(folder / "spool"),
        FolderStore(folder / "cache"),
        cache_bytes,
        settling=settling,
        monotonic=monotonic,
    )


def test_another_machine_opens_what_one_has_put(bucket: Mapping[str, str], tmp_path: Path) -> None:
    here = Blobs(store(at(bucket), tmp_path / "here"), Sealer(KEY))
    there = Blobs(store(at(bucket), tmp_path / "there"), Sealer(KEY))
    here.put(NAME, b"content")
    assert there.exists(NAME)
    assert there.get(NAME) == b"content"
    assert list(there.names(older_than_seconds=-60)) == [NAME]
    there.delete(NAME)
    with pytest.raises(BlobMissing):
        Blobs(store(at(bucket), tmp_path / "third"), Sealer(KEY)).get(NAME)
    assert not here.exists(NAME)


def test_the_sealed_bytes_are_those_of_a_folder(bucket: Mapping[str, str], tmp_path: Path) -> None:
    folder = Blobs(tmp_path / "folder", Sealer(KEY))
    folder.put(NAME, b"content")
    remote = Blobs(store(at(bucket), tmp_path / "here"), Sealer(KEY))
    remote.put_sealed(NAME, folder.sealed(NAME))
    elsewhere = Blobs(store(at(bucket), tmp_path / "there"), Sealer(KEY))
    assert elsewhere.sealed(NAME) == folder.sealed(NAME)
    assert elsewhere.get(NAME) == b"content"


def test_a_large_object_streams_both_ways(bucket: Mapping[str, str], tmp_path: Path) -> None:
    here = Blobs(store(at(bucket), tmp_path / "here"), Sealer(KEY))
    content = hashlib.shake_256(b"large").digest(20 << 20)
    file = tmp_path / "upload"
    with file.open("wb") as sink:
        writer = here.writer(LARGE, sink)
        for start in range(0, len(content), 777_777):
            writer.write(content[start : start + 777_777])
        writer.finish()
    here.adopt(LARGE, file)
    assert not file.exists()
    there = Blobs(store(at(bucket), tmp_path / "there"), Sealer(KEY))
    assert b"".join(there.stream(LARGE)) == content


def test_writes_wait_in_the_spool_while_the_bucket_is_away(
    s3: S3, bucket: Mapping[str, str], tmp_path: Path
) -> None:
    cached = store(at(bucket), tmp_path / "here")
    here = Blobs(cached, Sealer(KEY))
    here.put(NAME, b"before")
    s3.stop()
    other = NAME.replace("screen", "thumbnail")
    here.put(other, b"during")
    assert (here.get(NAME), here.get(other)) == (b"before", b"during")
    assert cached.waiting() == 1
    with pytest.raises(StorageAway):
        here.get(LARGE)
    with pytest.raises(Away):
        cached.bucket.probe()
    s3.start()
    until(lambda: _flushed(cached), "the bucket to take what waited")
    there = Blobs(store(at(bucket), tmp_path / "there"), Sealer(KEY))
    assert there.get(other) == b"during"


def test_what_may_wait_in_another_spool_is_away_before_it_is_missing(
    bucket: Mapping[str, str], tmp_path: Path
) -> None:
    now = [0.0]
    blobs = Blobs(store(at(bucket), tmp_path / "here", settling=60, monotonic=lambda: now[0]), Sealer(KEY))
    for moment in (0.0, 59.0):
        now[0] = moment
        with pytest.raises(StorageAway):
            blobs.get(NAME)
    Blobs(store(at(bucket), tmp_path / "there"), Sealer(KEY)).put(NAME, b"content")
    assert blobs.get(NAME) == b"content"
    for moment, kind in ((60.0, StorageAway), (119.0, StorageAway), (120.0, BlobMissing)):
        now[0] = moment
        with pytest.raises(kind):
            blobs.get(LARGE)


def _flushed(cached: CachedStore) -> bool:
    try:
        cached.flush()
    except StorageAway:
        return False
    return cached.waiting() == 0


def test_a_damaged_copy_in_the_cache_is_fetched_anew(bucket: Mapping[str, str], tmp_path: Path) -> None:
    here = Blobs(store(at(bucket), tmp_path / "here"), Sealer(KEY))
    here.put(NAME, b"content")
    (copy,) = (tmp_path / "here" / "cache").rglob(NAME)
    copy.write_bytes(copy.read_bytes()[:-1] + b"!")
    assert here.get(NAME) == b"content"


def test_the_cache_keeps_its_size(bucket: Mapping[str, str], tmp_path: Path) -> None:
    cached = store(at(bucket), tmp_path / "here", cache_bytes=30_000)
    here = Blobs(cached, Sealer(KEY))
    names = [f"{number:032x}-screen" for number in range(10)]
    for name in names:
        here.put(name, bytes(5000))
    assert cached.trim() >= 4
    held = sum(path.stat().st_size for path in (tmp_path / "here" / "cache").rglob("*-screen"))
    assert held <= 30_000
    assert all(here.get(name) == bytes(5000) for name in names)


def test_wrong_credentials_are_told_and_nothing_is_lost(bucket: Mapping[str, str], tmp_path: Path) -> None:
    cached = store(at(bucket, MINIO_SECRET_KEY="wrong"), tmp_path / "here")
    with pytest.raises(Away):
        cached.bucket.probe()
    Blobs(cached, Sealer(KEY)).put(NAME, b"content")
    assert cached.waiting() == 1
    assert "wrong" not in repr(at(bucket, MINIO_SECRET_KEY="wrong").__dict__)


def test_an_empty_sink_is_left_when_an_object_is_missing(bucket: Mapping[str, str]) -> None:
    sink = io.BytesIO()
    with pytest.raises(BlobMissing):
        at(bucket).fetch(NAME, sink)
    assert sink.getvalue() == b""


def test_a_file_that_another_process_has_pushed_does_not_count_as_an_outage(
    bucket: Mapping[str, str], tmp_path: Path
) -> None:
    here = at(bucket)
    with pytest.raises(FileNotFoundError):
        here.put(NAME, tmp_path / "gone")
    assert here.link.state.up
    shared = store(here, tmp_path / "shared")
    shared.put(NAME, b"sealed")
    assert here.link.state.up
    assert (shared.waiting(), shared.exists(NAME)) == (0, True)
