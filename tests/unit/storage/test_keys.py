"""The master key: made once, found again, never replaced."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_server.storage.errors import KeyMissing, KeyWrong
from local_server.storage.keys import SERVICE, Keys


class MemoryKeyStore:
    """A key store at the edge: what a desktop's secret service keeps."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise RuntimeError("the collection is locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise RuntimeError("the collection is locked")
        self.entries[service, username] = password


def test_the_key_goes_into_the_key_store_and_nowhere_else(tmp_path: Path) -> None:
    store = MemoryKeyStore()
    first = Keys.open(tmp_path, store)
    assert first.where == "key store"
    assert [service for service, _ in store.entries] == [SERVICE]
    assert not (tmp_path / "keys" / "master.key").exists()
    assert Keys.open(tmp_path, store).derive("blobs") == first.derive("blobs")


def test_without_a_key_store_the_key_is_a_private_file(tmp_path: Path) -> None:
    first = Keys.open(tmp_path, None)
    path = tmp_path / "keys" / "master.key"
    assert first.where == "file"
    assert "keys/master.key" in first.explanation
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.open(tmp_path, None).derive("tokens") == first.derive("tokens")


def test_a_file_key_stays_in_use_when_a_key_store_appears_later(tmp_path: Path) -> None:
    first = Keys.open(tmp_path, None)
    store = MemoryKeyStore()
    again = Keys.open(tmp_path, store)
    assert again.derive("blobs") == first.derive("blobs")
    assert not store.entries


def test_a_key_store_that_refuses_at_first_start_means_the_file(tmp_path: Path) -> None:
    store = MemoryKeyStore()
    store.locked = True
    assert Keys.open(tmp_path, store).where == "file"


def test_each_purpose_has_its_own_key(tmp_path: Path) -> None:
    keys = Keys.open(tmp_path, None)
    derived = {keys.derive(purpose) for purpose in ("blobs", "marks", "tokens", "audit")}
    assert len(derived) == 4
    assert all(len(key) == 32 for key in derived)


@pytest.mark.parametrize("trouble", ["gone", "locked", "emptied"])
def test_a_key_store_that_lost_the_key_is_an_outage_and_makes_no_second_key(
    tmp_path: Path, trouble: str
) -> None:
    store = MemoryKeyStore()
    Keys.open(tmp_path, store)
    before = sorted(path.name for path in (tmp_path / "keys").iterdir())
    if trouble == "emptied":
        store.entries.clear()
    store.locked = trouble == "locked"
    with pytest.raises(KeyMissing):
        Keys.open(tmp_path, None if trouble == "gone" else store)
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == before
    assert trouble != "emptied" or not store.entries


@pytest.mark.parametrize("written", ["", "[]", '{"where": "moon", "installation": "1", "check": "2"}'])
def test_a_damaged_record_is_an_outage(tmp_path: Path, written: str) -> None:
    Keys.open(tmp_path, None)
    (tmp_path / "keys" / "where.json").write_text(written)
    with pytest.raises(KeyMissing, match="damaged"):
        Keys.open(tmp_path, None)


def test_a_lost_key_file_is_an_outage(tmp_path: Path) -> None:
    Keys.open(tmp_path, None)
    (tmp_path / "keys" / "master.key").unlink()
    with pytest.raises(KeyMissing):
        Keys.open(tmp_path, None)


def test_another_key_is_refused(tmp_path: Path) -> None:
    Keys.open(tmp_path / "a", None)
    Keys.open(tmp_path / "b", None)
    (tmp_path / "b" / "keys" / "master.key").replace(tmp_path / "a" / "keys" / "master.key")
    with pytest.raises(KeyWrong):
        Keys.open(tmp_path / "a", None)


def test_a_lost_record_beside_sealed_pictures_is_an_outage(tmp_path: Path) -> None:
    Keys.open(tmp_path, None)
    sealed = tmp_path / "blobs" / "ab" / "cd"
    sealed.mkdir(parents=True)
    (sealed / ("abcd" * 8)).write_bytes(b"sealed")
    (tmp_path / "keys" / "where.json").unlink()
    with pytest.raises(KeyMissing):
        Keys.open(tmp_path, None)


def test_an_interrupted_first_start_keeps_its_key(tmp_path: Path) -> None:
    first = Keys.open(tmp_path, None)
    (tmp_path / "keys" / "where.json").unlink()
    assert Keys.open(tmp_path, None).derive("blobs") == first.derive("blobs")


def test_many_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        derived = set(pool.map(lambda _: Keys.open(tmp_path, None).derive("blobs"), range(16)))
    assert len(derived) == 1


def test_the_key_is_not_in_its_representation(tmp_path: Path) -> None:
    keys = Keys.open(tmp_path, None)
    master = (tmp_path / "keys" / "master.key").read_text().strip()
    assert master not in repr(keys)
