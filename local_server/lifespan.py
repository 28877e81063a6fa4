"""What runs beside the requests, from the start of the server to its end, on its event loop."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI

from local_server.errors import Failure

Companion = Callable[[], AbstractAsyncContextManager[None]]
_log = structlog.get_logger("lifespan")


def lifespan(companions: Sequence[Companion]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan of an application: its companions start in this order and end in the other."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                for companion in companions:
                    await stack.enter_async_context(companion())
            except Failure as failure:
                app.state.failure = failure  # uvicorn keeps no more of it than that there was one
                raise
            yield

    return living


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run something to the end of the server; should it crash, the server ends and is started again."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.error("bug", exc_info=task.exception())
            signal.raise_signal(signal.SIGTERM)

    task = asyncio.create_task(work)
    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
