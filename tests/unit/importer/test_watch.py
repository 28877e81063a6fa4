"""What the system says of a folder becomes hints, by notice or by polling."""

import errno
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver

from local_server.importer.hints import Batch, Hints
from local_server.importer.watch import Watch
from tests.support.waiting import until


def _collected(hints: Hints, enough: Callable[[Batch], bool]) -> Batch:
    whole = Batch()

    def more() -> bool:
        batch = hints.take()
        whole.touched |= batch.touched
        whole.closed |= batch.closed
        whole.folders |= batch.folders
        whole.rescan = whole.rescan or batch.rescan
        return enough(whole)

    until(more, "the hints", 20)
    return whole


def test_writing_moving_and_deleting_are_noticed(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    hints = Hints(time.monotonic)
    watch = Watch(os.fsencode(root), hints)
    watch.start()
    try:
        assert (watch.kind, watch.reason, watch.alive) == ("inotify", None, True)
        (root / "a.jpg").write_bytes(b"x")
        _collected(hints, lambda batch: os.fsencode(root / "a.jpg") in batch.closed)
        (root / "sub").mkdir()
        _collected(hints, lambda batch: os.fsencode(root) in batch.folders)
        (root / "a.jpg").rename(root / "sub" / "b.jpg")
        _collected(hints, lambda batch: {os.fsencode(root), os.fsencode(root / "sub")} <= batch.folders)
        (root / "sub" / "b.jpg").unlink()
        _collected(hints, lambda batch: os.fsencode(root / "sub") in batch.folders)
        logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed")
        assert _collected(hints, lambda batch: bool(batch.rescan)).rescan == "overflow"
    finally:
        watch.stop()
    assert not watch.alive
    logging.getLogger("watchdog.observers.inotify_c").warning("after the end nobody listens")
    assert not hints.take()


def test_without_room_for_notices_the_folder_is_polled_and_the_reason_said(tmp_path: Path) -> None:
    def full() -> BaseObserver:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    watch = Watch(os.fsencode(tmp_path.resolve()), Hints(time.monotonic), full)
    watch.start()
    try:
        assert (watch.kind, watch.alive) == ("polling", True)
        assert watch.reason is not None
        assert "max_user_watches" in watch.reason
    finally:
        watch.stop()


def test_another_trouble_is_not_hidden_by_polling(tmp_path: Path) -> None:
    watch = Watch(os.fsencode(tmp_path / "missing"), Hints(time.monotonic))
    with pytest.raises(FileNotFoundError):
        watch.start()
    assert not watch.alive


def test_a_folder_that_was_replaced_is_no_longer_watched(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "gallery"
    folder.mkdir()
    watch = Watch(os.fsencode(folder), Hints(time.monotonic))
    watch.start()
    try:
        folder.rename(tmp_path / "away")
        folder.mkdir()
        assert not watch.alive
    finally:
        watch.stop()


def test_hints_are_told_once_and_grow_old() -> None:
    now = 10.0
    hints = Hints(lambda: now)
    assert hints.seconds_behind() == 0
    hints.touched(b"a")
    hints.rescan("first")
    hints.rescan("second")
    now = 14.0
    assert hints.seconds_behind() == 4
    batch = hints.take()
    assert (batch.touched, batch.rescan) == ({b"a"}, "first")
    assert not hints.take()
    assert hints.seconds_behind() == 0
