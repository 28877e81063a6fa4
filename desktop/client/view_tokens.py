"""View tokens of the pictures on show: each opens one picture for one session, for a minute at most."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from desktop.client.errors import Failure, ServerRejection

OLD_AFTER = 45.0
GATHER_FOR = 0.01
LARGEST_BATCH = 500
KEPT = 20_000


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    since: float


class ViewTokens:
    """Hands out fresh tokens; asks the server once for all that are wanted at the same moment."""

    def __init__(
        self, fetch: Callable[[Sequence[str]], Awaitable[dict[str, str]]], clock: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._wanted: dict[str, asyncio.Future[str]] = {}
        self._batch: asyncio.Task[None] | None = None

    def remember(self, tokens: Iterable[tuple[str, str | None]]) -> None:
        """Take the tokens that came with a page of pictures, as (picture id, token)."""
        now = self._clock()
        for picture_id, token in tokens:
            if token is not None:
                self._held.pop(picture_id, None)
                self._held[picture_id] = _Held(token, now)
        while len(self._held) > KEPT:
            del self._held[next(iter(self._held))]

    def forget(self, picture_id: str | None = None) -> None:
        """Drop one token, or all of them."""
        if picture_id is None:
            self._held.clear()
        else:
            self._held.pop(picture_id, None)

    async def token(self, picture_id: str) -> str:
        """Return a token that is young enough to be used; raises what the server answers."""
        held = self._held.get(picture_id)
        if held is not None and self._clock() - held.since < OLD_AFTER:
            return held.token
        waiting = self._wanted.get(picture_id)
        if waiting is None:
            waiting = asyncio.get_running_loop().create_future()
            # Whoever asked may have been cancelled meanwhile; a failure nobody awaits is no news then.
            waiting.add_done_callback(lambda future: future.cancelled() or future.exception())
            self._wanted[picture_id] = waiting
        if self._batch is None or self._batch.done():
            self._batch = asyncio.create_task(self._ask())
        return await asyncio.shield(waiting)

    async def _ask(self) -> None:
        await asyncio.sleep(GATHER_FOR)
        while self._wanted:
            batch = dict(list(self._wanted.items())[:LARGEST_BATCH])
            for picture_id in batch:
                del self._wanted[picture_id]
            try:
                tokens = await self._fetch(list(batch))
            except asyncio.CancelledError:
                for future in batch.values():
                    future.cancel()
                raise
            except Failure as failure:
                for future in batch.values():
                    if not future.done():
                        future.set_exception(failure)
                continue
            self.remember(tokens.items())
            for picture_id, future in batch.items():
                if future.done():
                    continue
                if picture_id in tokens:
                    future.set_result(tokens[picture_id])
                else:
                    future.set_exception(_gone(picture_id))


def _gone(picture_id: str) -> ServerRejection:
    return ServerRejection(
        "picture_not_found",
        "This picture is not there (any more), or not yours to see.",
        "Go back to the grid: it shows what is there now.",
        status=404,
        facts={"picture_id": picture_id},
    )
