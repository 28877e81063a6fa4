"""The lock on a name after wrong passwords or codes: counted before the look, kept over restarts."""

import hashlib
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from local_server.accounts import queries
from local_server.accounts.errors import AccountLocked
from local_server.database.engine import Database

FREE_ATTEMPTS: Final = 5
FIRST_LOCK: Final = timedelta(seconds=30)
LONGEST_LOCK: Final = timedelta(minutes=15)
LONGEST_KEY: Final = 64
FORGOTTEN_AFTER: Final = timedelta(days=1)


def lock_after(failed: int) -> timedelta | None:
    """Return how long a name is locked after so many failures in a row; it doubles with each."""
    if failed < FREE_ATTEMPTS:
        return None
    doublings = min(failed - FREE_ATTEMPTS, 10)
    return min(LONGEST_LOCK, FIRST_LOCK * (1 << doublings))


class Lockout:
    """Counts failures by name, known or not, so that a lock tells nobody which names exist."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def admit(self, name_folded: str) -> int:
        """Count an attempt as failed in advance, and return the count; success takes it back with `lift`.

        Counting first keeps a burst of parallel guesses to the same number as guesses in a row. Raises
        AccountLocked while the lock lasts; such attempts are not counted.
        """
        now = self._clock()
        with self._database.write() as connection:
            queries.forget_attempts(connection, before=now - FORGOTTEN_AFTER)
            key = _key(name_folded)
            failed, locked_until = queries.attempts(connection, key)
            if locked_until is not None and locked_until > now:
                seconds = math.ceil((locked_until - now).total_seconds())
                raise AccountLocked(f"It can be tried again in {seconds} seconds.", retry_after=seconds)
            failed += 1
            lock = lock_after(failed)
            queries.store_attempt(connection, key, failed, now, None if lock is None else now + lock)
        return failed

    @staticmethod
    def lift(connection: Connection, name_folded: str) -> None:
        """Forget the failures of a name, in the transaction that signs it in."""
        queries.forget_attempts(connection, name_folded=_key(name_folded))

    def give_back(self, connection: Connection, name_folded: str) -> None:
        """Take one attempt back that proved neither wrong nor whole: the failures before it stay counted."""
        key = _key(name_folded)
        failed, _ = queries.attempts(connection, key)
        if failed:
            queries.store_attempt(connection, key, failed - 1, self._clock(), None)


def _key(name_folded: str) -> str:
    # What no account can be called may be longer than the column.
    if len(name_folded) <= LONGEST_KEY:
        return name_folded
    return hashlib.sha256(name_folded.encode()).hexdigest()
