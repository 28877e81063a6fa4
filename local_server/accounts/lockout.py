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
# How long an attempt may be looked at while no other is: people who share an account sign in at once.
PENDING: Final = timedelta(seconds=5)
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

        Counting first keeps a burst of parallel guesses to the same number as guesses in a row: those beyond
        the free ones wait for a moment, and for the whole lock once `fail` has said that one was wrong.
        Raises AccountLocked while the lock lasts; such attempts are not counted.
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
            queries.store_attempt(connection, key, failed, now, None if lock is None else now + PENDING)
        return failed

    def fail(self, connection: Connection, name_folded: str, counted: int) -> int:
        """Say that an attempt was wrong: its lock begins now. Return the how-many-eth in a row it was.

        What somebody else's success has forgotten meanwhile is not held against the name.
        """
        key, now = _key(name_folded), self._clock()
        stored, locked_until = queries.attempts(connection, key)
        failed = max(1, min(counted, stored))
        lock = lock_after(failed)
        ends = [end for end in (locked_until, None if lock is None else now + lock) if end is not None]
        queries.store_attempt(connection, key, max(1, stored), now, max(ends, default=None))
        return failed

    @staticmethod
    def lift(connection: Connection, name_folded: str) -> None:
        """Forget the failures of a name, in the transaction that signs it in."""
        queries.forget_attempts(connection, name_folded=_key(name_folded))

    def give_back(self, connection: Connection, name_folded: str) -> None:
        """Take one attempt back that proved neither wrong nor whole: the failures before it stay counted."""
        key = _key(name_folded)
        now = self._clock()
        failed, locked_until = queries.attempts(connection, key)
        if failed:
            # A lock that another attempt has earned stays; the wait for this one is over.
            earned = locked_until is not None and locked_until > now + PENDING
            queries.store_attempt(connection, key, failed - 1, now, locked_until if earned else None)


def _key(name_folded: str) -> str:
    # What no account can be called may be longer than the column.
    if len(name_folded) <= LONGEST_KEY:
        return name_folded
    return hashlib.sha256(name_folded.encode()).hexdigest()
