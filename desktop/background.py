"""The io thread: run a coroutine there, get the result on the GUI thread, cancel what nobody waits for."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import getCppPointer, isValid

from desktop.client.errors import Failure

T = TypeVar("T")


class Task:
    """One coroutine under way; after `cancel` neither callback will be called. Belongs to the GUI thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asyncio_task: asyncio.Task[None] | None = None
        self.cancelled = False
        self.finished = False

    def cancel(self) -> None:
        """Stop waiting: the request is abandoned on the io thread, and its result is dropped."""
        if self.cancelled or self.finished:
            return
        self.cancelled = True
        self._loop.call_soon_threadsafe(self._cancel_there)

    def _cancel_there(self) -> None:
        if self._asyncio_task is not None:
            self._asyncio_task.cancel()


class _Mailbox(QObject):
    """Carries calls from any thread to the thread it was made on."""

    _arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._arrived.connect(self._open, Qt.ConnectionType.QueuedConnection)

        self.closed = False

    def post(self, call: Callable[[], None]) -> None:
        self._arrived.emit(call)

    @Slot(object)
    def _open(self, call: Callable[[], None]) -> None:
        if not self.closed:
            call()


class LiveEvents(QObject):
    """The server's live events, emitted on the GUI thread: kind and data as in the contract of `/ws`."""

    happened = Signal(str, dict)  # `event` is a method of every QObject
    connected = Signal()
    disconnected = Signal()


class Background:
    """An asyncio loop in a thread of its own; made and used on the GUI thread."""

    def __init__(self) -> None:
        self._mailbox = _Mailbox()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="io", daemon=False)
        self._owned: dict[int, set[Task]] = {}
        self._begun: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._thread.start()

    def run(
        self,
        coroutine: Coroutine[Any, Any, T],
        on_done: Callable[[T], None] | None,
        on_failed: Callable[[Failure], None],
        owner: QObject,
    ) -> Task:
        """Run the coroutine on the io thread and call back on the GUI thread.

        Callbacks are dropped when `owner` is destroyed or the task is cancelled. An exception that is no
        `Failure` is a bug: it is raised on the GUI thread.
        """
        task = Task(self._loop)
        if self._stopped:
            coroutine.close()
            task.cancelled = True
            return task
        self._remember(owner, task)

        async def carry() -> None:
            outcome: Callable[[], None]
            try:
                result = await coroutine
            except Failure as failure:
                outcome = partial(on_failed, failure)
            except Exception as bug:  # noqa: BLE001  (raised again on the GUI thread)
                outcome = partial(_crash, bug)
            else:
                outcome = partial(on_done, result) if on_done is not None else _nothing
            self._mailbox.post(partial(self._settle, task, owner, outcome))

        def begin() -> None:
            if task.cancelled:
                coroutine.close()
                return
            task._asyncio_task = self._loop.create_task(carry())
            self._begun.add(task._asyncio_task)
            task._asyncio_task.add_done_callback(self._begun.discard)

        self._loop.call_soon_threadsafe(begin)
        return task

    def post(self, call: Callable[[], None]) -> None:
        """Call on the GUI thread, soon; may be called from any thread."""
        self._mailbox.post(call)

    def call_soon(self, call: Callable[..., object], *arguments: object) -> None:
        """Call on the io thread, soon; may be called from any thread."""
        if not self._stopped:
            self._loop.call_soon_threadsafe(call, *arguments)

    def stop(self, last: Coroutine[Any, Any, None] | None = None, seconds: float = 10.0) -> None:
        """Cancel what is under way, run `last` (closing connections), join the thread."""
        if self._stopped:
            if last is not None:
                last.close()
            return
        self._stopped = True
        for tasks in self._owned.values():
            for task in tasks:
                task.cancelled = True
        self._owned.clear()
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._finish(last)))
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise RuntimeError("the io thread did not stop: something on it blocks")
        self._loop.close()
        self._mailbox.closed = True

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _finish(self, last: Coroutine[Any, Any, None] | None) -> None:
        # Tasks that others have made belong to them: they end with those who made them, or with `last`.
        await _end(self._begun)
        if last is not None:
            await last
        await _end(asyncio.all_tasks() - {asyncio.current_task()})
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()
        self._loop.stop()

    def _remember(self, owner: QObject, task: Task) -> None:
        key = _address(owner)
        if key not in self._owned:
            self._owned[key] = set()
            owner.destroyed.connect(lambda: self._abandon(key))
        self._owned[key].add(task)

    def _abandon(self, key: int) -> None:
        for task in self._owned.pop(key, set()):
            task.cancel()

    def _settle(self, task: Task, owner: QObject, call: Callable[[], None]) -> None:
        if task.cancelled or not isValid(owner):
            return
        task.finished = True
        self._owned.get(_address(owner), set()).discard(task)
        call()


async def _end(tasks: Iterable["asyncio.Task[Any] | None"]) -> None:
    cancelled = [task for task in tasks if task is not None]
    for task in cancelled:
        task.cancel()
    await asyncio.gather(*cancelled, return_exceptions=True)


def _address(owner: QObject) -> int:
    """Name the C++ object: a Python wrapper's identity may pass to another object."""
    return int(getCppPointer(owner)[0])


def _nothing() -> None:
    """Stand for the callback of one who only wants to hear of failures."""


def _crash(bug: Exception) -> None:
    raise bug
