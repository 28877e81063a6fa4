"""How pixels reach the widgets: asked for by urgency, a few at a time, cancelled when unwanted."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QImage

from desktop.background import Background, Task
from desktop.canvas.pixels import DecodePool, PixelCache, PixelKey
from desktop.client.errors import Failure
from desktop.client.protection import LEVEL_NOT_HELD

AT_ONCE = 6


class Views(Protocol):
    """Where renditions come from (`client.api.Gallery`)."""

    async def view(
        self, picture_id: str, rendition: str, *, column: int | None = None, row: int | None = None
    ) -> bytes:
        """Fetch one encoded rendition or tile."""


class Urgency(IntEnum):
    """What is wanted first."""

    NOW = 0  # the opened picture
    SEEN = 1  # in view: thumbnails, tiles
    AHEAD = 2  # probably wanted next


class Want:
    """One widget waiting for one piece; `cancel` when it no longer does."""

    __slots__ = ("_deliveries", "key", "on_done", "on_failed")

    def __init__(
        self,
        deliveries: Deliveries,
        key: PixelKey,
        on_done: Callable[[QImage], None],
        on_failed: Callable[[Failure], None],
    ) -> None:
        self._deliveries = deliveries
        self.key = key
        self.on_done = on_done
        self.on_failed = on_failed

    def cancel(self) -> None:
        """Stop waiting; when nobody else waits for the same piece, it is not fetched."""
        self._deliveries.withdraw(self)


class _Order:
    """One piece that somebody waits for."""

    __slots__ = ("asked", "box", "task", "urgency", "wants")

    def __init__(self, urgency: Urgency, box: QSize | None) -> None:
        self.urgency = urgency
        self.asked = 0  # how often levels had changed when it was asked for last
        self.box = box
        self.wants: list[Want] = []
        self.task: Task | None = None


class Deliveries(QObject):
    """Fetches, decodes and keeps pieces of pictures; lives on the GUI thread."""

    def __init__(self, views: Views, background: Background, pool: DecodePool, cache: PixelCache) -> None:
        super().__init__()
        self._views = views
        self._background = background
        self._pool = pool
        self.cache = cache
        self._orders: dict[PixelKey, _Order] = {}
        self._queue: list[tuple[int, int, PixelKey]] = []
        self._serial = itertools.count()
        self._under_way = 0
        self._withheld: list[PixelKey] = []
        self._changes = 0

    @property
    def waiting(self) -> int:
        """Count the pieces asked for and not yet there."""
        return len(self._orders)

    def ask(
        self,
        key: PixelKey,
        box: QSize | None,
        urgency: Urgency,
        on_done: Callable[[QImage], None],
        on_failed: Callable[[Failure], None],
    ) -> Want:
        """Ask for a piece just large enough to cover `box` device pixels; one callback comes, later."""
        want = Want(self, key, on_done, on_failed)
        order = self._orders.get(key)
        if order is None:
            order = _Order(urgency, box)
            self._orders[key] = order
            self._enqueue(key, urgency)
        elif order.task is None:
            order.box = _larger(order.box, box)
            if urgency < order.urgency:
                order.urgency = urgency
                self._enqueue(key, urgency)
        order.wants.append(want)
        self._start()
        return want

    def withdraw(self, want: Want) -> None:
        """Take one waiting widget out."""
        order = self._orders.get(want.key)
        if order is None or want not in order.wants:
            return
        order.wants.remove(want)
        if not order.wants:
            del self._orders[want.key]
            if order.task is not None:
                order.task.cancel()
                self._under_way -= 1
                self._start()

    def rescale(
        self,
        image: QImage,
        size: QSize,
        on_done: Callable[[QImage], None],
        owner: QObject,
    ) -> Task:
        """Scale an image to an exact size on the decode threads."""
        return self._background.run(self._pool.scaled(image, size), on_done, _cannot_fail, owner)

    def forget(self) -> None:
        """Drop every picture in memory and every request (lock, sign-out)."""
        for order in self._orders.values():
            if order.task is not None:
                order.task.cancel()
        self._orders.clear()
        self._queue.clear()
        self._withheld.clear()
        self._under_way = 0
        self.cache.forget()

    def _enqueue(self, key: PixelKey, urgency: Urgency) -> None:
        heapq.heappush(self._queue, (urgency, next(self._serial), key))

    def _start(self) -> None:
        while self._queue:
            urgency, _, key = self._queue[0]
            order = self._orders.get(key)
            if order is None or order.task is not None or order.urgency != urgency:
                heapq.heappop(self._queue)  # withdrawn, started, or queued again as more urgent
                continue
            if self._under_way >= AT_ONCE and urgency != Urgency.NOW:
                return
            heapq.heappop(self._queue)
            self._under_way += 1
            order.asked = self._changes
            order.task = self._background.run(
                self._bring(key, order.box),
                lambda image, key=key: self._arrived(key, image),  # type: ignore[misc]  # mypy cannot infer a lambda's default
                lambda failure, key=key: self._failed(key, failure),  # type: ignore[misc]  # the same
                self,
            )

    async def _bring(self, key: PixelKey, box: QSize | None) -> QImage:
        if key.rendition == "tile":
            data = await self._views.view(key.picture_id, "tile", column=key.column, row=key.row)
        else:
            data = await self._views.view(key.picture_id, key.rendition)
        return await self._pool.decode(data, box)

    def _arrived(self, key: PixelKey, image: QImage) -> None:
        self.cache.put(key, image)
        for want in self._finish(key):
            want.on_done(image)

    def try_again(self) -> None:
        """Ask again for what was refused because this machine did not hold its level then."""
        self._changes += 1
        withheld, self._withheld = self._withheld, []
        for key in withheld:
            if key in self._orders:
                self._enqueue(key, self._orders[key].urgency)
        self._start()

    def _failed(self, key: PixelKey, failure: Failure) -> None:
        if failure.code == LEVEL_NOT_HELD:
            self._withhold(key, self._orders[key])
            return
        for want in self._finish(key):
            want.on_failed(failure)

    def _withhold(self, key: PixelKey, order: _Order) -> None:
        """Want on under the shield what this machine does not hold now; it comes when it does."""
        order.task = None
        self._under_way -= 1
        if order.asked == self._changes:
            self._withheld.append(key)
        else:
            self._enqueue(key, order.urgency)  # that was told while the refusal was on its way
        self._start()

    def _finish(self, key: PixelKey) -> list[Want]:
        self._under_way -= 1
        order = self._orders.pop(key)
        self._start()
        return order.wants


def _larger(one: QSize | None, other: QSize | None) -> QSize | None:
    """Cover both boxes; None is the full size."""
    return None if one is None or other is None else one.expandedTo(other)


def _cannot_fail(failure: Failure) -> None:
    raise failure
