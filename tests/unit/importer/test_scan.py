"""The scan makes the catalogue agree with the folders, whatever was renamed, moved, copied or deleted."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tests.support.catalogue import Catalogue, catalogue


def _content(number: int) -> bytes:
    return b"\xff\xd8\xff picture " + str(number).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    folder = tmp_path / "gallery"
    folder.mkdir()
    return folder


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Catalogue]:
    with catalogue(tmp_path / "data") as opened:
        yield opened


def _scan(known: Catalogue, gallery: Path) -> None:
    known.reconciler.scan(os.fsencode(gallery))
    known.make_ready()


def test_pictures_are_found_and_everything_else_is_passed_over(known: Catalogue, gallery: Path) -> None:
    (gallery / "a" / "b").mkdir(parents=True)
    (gallery / "a" / "b" / "one.jpg").write_bytes(_content(1))
    (gallery / "without-extension").write_bytes(_content(2))
    (gallery / "broken.png").write_bytes(b"nothing")
    for name in (".hidden.jpg", "notes.txt", "one.xmp", "Thumbs.db"):
        (gallery / name).write_bytes(b"nothing of the kind")
    (gallery / ".trash").mkdir()
    (gallery / ".trash" / "old.jpg").write_bytes(_content(3))
    (gallery / "@eaDir").mkdir()
    (gallery / "@eaDir" / "thumb.jpg").write_bytes(_content(4))
    found = known.reconciler.scan(os.fsencode(gallery))
    assert {path.rpartition(b"/")[2] for path in known.present()} == {
        b"one.jpg",
        b"without-extension",
        b"broken.png",
    }
    assert found.added == 3
    assert len(known.offered) == 3


def test_links_are_not_followed_and_loops_end(known: Catalogue, gallery: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(_content(1))
    (gallery / "inside.jpg").write_bytes(_content(2))
    (gallery / "out").symlink_to(outside)
    (gallery / "loop").symlink_to(gallery)
    (gallery / "file.jpg").symlink_to(outside / "secret.jpg")
    _scan(known, gallery)
    assert known.shown() == {_hash(_content(2))}


def test_names_that_are_no_text_are_kept_as_they_are(known: Catalogue, gallery: Path) -> None:
    path = os.fsencode(gallery) + b"/caf\xe9 \xff.jpg"
    with open(path, "wb") as file:  # noqa: PTH123  # pathlib knows no bytes paths
        file.write(_content(1))
    _scan(known, gallery)
    assert list(known.present()) == [path]


def test_a_second_scan_reads_nothing_again(known: Catalogue, gallery: Path) -> None:
    (gallery / "one.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    known.offered.clear()
    found = known.reconciler.scan(os.fsencode(gallery))
    assert (found.seen, found.added, found.changed) == (1, 0, False)
    assert not known.offered


def test_a_renamed_file_is_the_same_picture_and_is_not_read_again(known: Catalogue, gallery: Path) -> None:
    (gallery / "one.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    before = known.ids()
    (gallery / "sub").mkdir()
    (gallery / "one.jpg").rename(gallery / "sub" / "other name.jpg")
    found = known.reconciler.scan(os.fsencode(gallery))
    assert (found.moved, found.added, found.removed) == (1, 0, 0)
    assert known.ids() == before
    assert list(known.present()) == [os.fsencode(gallery / "sub" / "other name.jpg")]
    assert not known.told("picture_removed")


def test_a_deleted_picture_is_hidden_and_comes_back_as_itself(known: Catalogue, gallery: Path) -> None:
    (gallery / "one.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    before = known.ids()
    (gallery / "one.jpg").unlink()
    _scan(known, gallery)
    assert known.shown() == set()
    assert known.told("picture_removed") == list(before.values())
    (gallery / "restored.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    assert known.ids() == before
    assert known.shown() == {_hash(_content(1))}
    assert known.told("picture_ready") == list(before.values())


def test_a_copy_keeps_a_picture_when_the_other_file_goes(known: Catalogue, gallery: Path) -> None:
    (gallery / "one.jpg").write_bytes(_content(1))
    (gallery / "copy.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    assert len(known.ids()) == 1
    (gallery / "one.jpg").unlink()
    _scan(known, gallery)
    assert known.shown() == {_hash(_content(1))}


def test_an_edited_file_is_another_picture(known: Catalogue, gallery: Path) -> None:
    (gallery / "one.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    (gallery / "one.jpg").write_bytes(_content(2) + b" longer")
    _scan(known, gallery)
    assert known.shown() == {_hash(_content(2) + b" longer")}


def test_a_disk_that_was_pulled_out_hides_nothing(known: Catalogue, gallery: Path) -> None:
    (gallery / "one.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    gallery.rename(gallery.with_name("unplugged"))
    _scan(known, gallery)
    assert known.shown() == {_hash(_content(1))}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_folder_that_cannot_be_read_hides_nothing(known: Catalogue, gallery: Path) -> None:
    (gallery / "a").mkdir()
    (gallery / "a" / "one.jpg").write_bytes(_content(1))
    _scan(known, gallery)
    (gallery / "a").chmod(0)
    try:
        _scan(known, gallery)
    finally:
        (gallery / "a").chmod(0o700)
    assert known.shown() == {_hash(_content(1))}


def test_a_pipe_with_a_picture_s_name_holds_nothing_up(known: Catalogue, gallery: Path) -> None:
    os.mkfifo(gallery / "pipe.jpg")
    _scan(known, gallery)
    assert known.shown() == set()


def test_a_file_over_the_limit_is_listed_with_the_reason(known: Catalogue, gallery: Path) -> None:
    with (gallery / "huge.jpg").open("wb") as file:
        file.truncate((1 << 30) + 1)
    found = known.reconciler.scan(os.fsencode(gallery))
    assert found.unreadable == 1
    assert known.shown() == set()


def test_a_young_file_waits_until_it_has_settled(known: Catalogue, gallery: Path) -> None:
    (gallery / "one.jpg").write_bytes(_content(1))
    root, path = os.fsencode(gallery), os.fsencode(gallery / "one.jpg")
    known.settling.touched(path)
    known.reconciler.scan(root)
    assert known.shown() == set()
    known.reconciler.take(root, [path])
    assert known.shown() == {_hash(_content(1))}


def test_a_look_at_one_folder_sees_new_and_vanished_folders_below_it(known: Catalogue, gallery: Path) -> None:
    (gallery / "old").mkdir()
    (gallery / "old" / "one.jpg").write_bytes(_content(1))
    (gallery / "stays").mkdir()
    (gallery / "stays" / "two.jpg").write_bytes(_content(2))
    _scan(known, gallery)
    shutil.rmtree(gallery / "old")
    (gallery / "new" / "deep").mkdir(parents=True)
    (gallery / "new" / "deep" / "three.jpg").write_bytes(_content(3))
    known.reconciler.look(os.fsencode(gallery), [os.fsencode(gallery)])
    assert known.shown() == {_hash(_content(2)), _hash(_content(3))}


NAMES = st.sampled_from(
    ["a.jpg", "b.jpg", "c.jpg", "sub/a.jpg", "sub/b.jpg", "sub/deep/a.jpg", "other/a.jpg"]
)
FOLDERS = st.sampled_from(["sub", "other", "sub/deep", "renamed", "other/inner"])


@settings(max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
class Folders(RuleBasedStateMachine):
    """Random changes to a tree; after every scan the catalogue says what the tree is."""

    files = Bundle("files")

    def __init__(self) -> None:
        super().__init__()
        self.temporary = Path(tempfile.mkdtemp(prefix="scan-"))
        self.gallery = self.temporary / "gallery"
        self.gallery.mkdir()
        self._context = catalogue(self.temporary / "data")
        self.known = self._context.__enter__()
        self.ids: dict[str, str] = {}

    @rule(target=files, name=NAMES, number=st.integers(0, 5))
    def write(self, name: str, number: int) -> str:
        """Make or replace a file."""
        path = self.gallery / name
        if path.parent.is_file():
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.unlink()
        path.write_bytes(_content(number))
        return name

    @rule(source=consumes(files), name=NAMES)
    def move(self, source: str, name: str) -> None:
        """Rename a file, perhaps onto another one."""
        if (self.gallery / source).is_file():
            (self.gallery / name).parent.mkdir(parents=True, exist_ok=True)
            (self.gallery / source).rename(self.gallery / name)

    @rule(source=files, name=NAMES)
    def copy(self, source: str, name: str) -> None:
        """Copy a file with its time."""
        if (self.gallery / source).is_file() and source != name:
            (self.gallery / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.gallery / source, self.gallery / name)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        """Delete a file."""
        (self.gallery / name).unlink(missing_ok=True)

    @rule(source=FOLDERS, target_name=FOLDERS)
    def move_folder(self, source: str, target_name: str) -> None:
        """Rename a folder with all in it."""
        here, there = self.gallery / source, self.gallery / target_name
        if here.is_dir() and not there.exists() and not there.is_relative_to(here):
            there.parent.mkdir(parents=True, exist_ok=True)
            here.rename(there)

    @rule(name=FOLDERS)
    def delete_folder(self, name: str) -> None:
        """Delete a folder with all in it."""
        shutil.rmtree(self.gallery / name, ignore_errors=True)

    @rule()
    def scan(self) -> None:
        """Scan, and compare."""
        self.known.reconciler.scan(os.fsencode(self.gallery))
        self.known.make_ready()
        expected = {
            os.fsencode(path): _hash(path.read_bytes()) for path in self.gallery.rglob("*") if path.is_file()
        }
        assert self.known.present() == expected
        assert self.known.shown() == set(expected.values())

    @invariant()
    def a_content_keeps_its_id(self) -> None:
        """No picture is ever forgotten or made twice."""
        ids = self.known.ids()
        assert self.ids.items() <= ids.items()
        self.ids = ids

    def teardown(self) -> None:
        """Compare once more, and clean up."""
        self.scan()
        self._context.__exit__(None, None, None)
        shutil.rmtree(self.temporary)


test_random_changes = Folders.TestCase
