"""Coroutines run away from the GUI thread; results come back to it, unless nobody waits any more."""

import asyncio
import threading

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from desktop.background import Background
from desktop.client.errors import Failure, unreachable
from tests.desktop.conftest import never


async def thread_name() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


def test_results_arrive_on_the_gui_thread(background: Background, qtbot: QtBot) -> None:
    owner = QObject()
    told: list[tuple[str, str]] = []

    def done(ran_on: str) -> None:
        told.append((ran_on, threading.current_thread().name))

    background.run(thread_name(), done, never, owner)
    qtbot.waitUntil(lambda: bool(told))
    assert told == [("io", "MainThread")]


def test_failures_arrive_as_they_are(background: Background, qtbot: QtBot) -> None:
    async def fail() -> None:
        raise unreachable("it is a test")

    owner = QObject()
    failures: list[Failure] = []
    background.run(fail(), never, failures.append, owner)
    qtbot.waitUntil(lambda: bool(failures))
    assert failures[0].code == "server_unreachable"


def test_a_bug_is_raised_on_the_gui_thread(background: Background, qtbot: QtBot) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("a bug")

    owner = QObject()
    with qtbot.captureExceptions() as caught:
        background.run(fail(), never, never, owner)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError


@pytest.mark.parametrize("way", ["cancelled", "owner destroyed"])
def test_nothing_arrives_for_who_no_longer_waits(way: str, background: Background, qtbot: QtBot) -> None:
    started, stopped = threading.Event(), threading.Event()

    async def long() -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.set()
            raise

    owner = QObject()
    task = background.run(long(), never, never, owner)
    assert started.wait(5)
    if way == "cancelled":
        task.cancel()
    else:
        delete(owner)
    qtbot.waitUntil(stopped.is_set)
    assert task.cancelled
    QApplication.processEvents()


def test_a_result_that_is_on_its_way_is_dropped_too(background: Background, qtbot: QtBot) -> None:
    ran = threading.Event()

    async def quick() -> None:
        ran.set()

    owner = QObject()
    task = background.run(quick(), never, never, owner)
    assert ran.wait(5)
    task.cancel()
    QApplication.processEvents()
    assert not task.finished


def test_stop_ends_what_is_under_way_and_runs_the_last_thing(qapp: QApplication) -> None:
    background = Background()
    last: list[str] = []

    async def close() -> None:
        last.append(await thread_name())

    owner = QObject()
    task = background.run(asyncio.sleep(60), never, never, owner)
    background.stop(close())
    assert last == ["io"]
    assert task.cancelled
    assert background.run(asyncio.sleep(0), never, never, owner).cancelled


def test_post_carries_a_call_to_the_gui_thread(background: Background, qtbot: QtBot) -> None:
    names: list[str] = []
    background.call_soon(lambda: background.post(lambda: names.append(threading.current_thread().name)))
    qtbot.waitUntil(lambda: bool(names))
    assert names == ["MainThread"]
