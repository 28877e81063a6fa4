"""PostgreSQL for the engine: how it is connected to, and when a server that says nothing counts as away."""

import time
from collections.abc import Callable, Generator
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

_CONNECT_SECONDS: Final = 3


def engine(url: URL, *, lock_ms: int, silence: float) -> Engine:
    """Return an engine whose connections give up on a lock, and on a server silent for so many seconds."""
    limits = f"-c timezone=UTC -c lock_timeout={lock_ms} -c idle_in_transaction_session_timeout=60000"
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": "vaultsecure",
            "options": limits,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
        # A server has 100 connections by default, for all replicas and workers together.
        pool_size=6,
        max_overflow=8,
        pool_timeout=lock_ms / 1000,
        # A connection may be from before a restart of the database.
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(made, "do_connect", _connector(silence))
    return made


def _connector(silence: float) -> Callable[..., Any]:
    # Not loaded where the catalogue is a file.
    import psycopg

    class Connection(psycopg.Connection[Any]):
        """Bounds every wait for the server: keepalives find a dead machine, but not a process that hangs."""

        def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
            return super().wait(self._bounded(gen), *args, **kwargs)

        def _bounded(self, work: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
            heard = time.monotonic()
            try:
                wanted = next(work)
                while True:
                    # What comes back is false when nothing has come from the server for a moment.
                    came = yield wanted
                    now = time.monotonic()
                    if came:
                        heard = now
                    elif now - heard > silence:
                        self.pgconn.finish()  # nobody knows what it would say next
                        raise psycopg.OperationalError(
                            f"the server has said nothing for {silence:.0f} seconds"
                        )
                    wanted = work.send(came)
            except StopIteration as end:
                return end.value

    def connect(_dialect: object, _record: object, args: list[Any], settings: dict[str, Any]) -> Any:
        return Connection.connect(*args, **settings)

    return connect
