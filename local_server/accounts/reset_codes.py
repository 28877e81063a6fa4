"""One-time codes by which an admin lets somebody in who has forgotten the password."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from local_server.accounts import credential_queries
from local_server.accounts.codes import code_hash, new_code
from local_server.accounts.lockout import Lockout
from local_server.accounts.models import Account, Actor, Machine, folded
from local_server.accounts.password_log import Event, PasswordLog

LIFE: Final = timedelta(hours=24)
TRIES: Final = 5
# A digest that no code has: comparing with it takes as long as with a code's own.
_NO_CODE: Final = "-" * 64


@dataclass(frozen=True, slots=True)
class ResetCode:
    """A new code, to be shown once."""

    code: str
    expires_at: datetime


class ResetCodes:
    """Makes codes and looks at them, in the caller's transaction."""

    def __init__(self, log: PasswordLog, clock: Callable[[], datetime]) -> None:
        self._log = log
        self._clock = clock

    def make(self, connection: Connection, account: Account, by: Actor) -> ResetCode:
        """Make a code in the place of an earlier one, and lift the lock of the name."""
        now = self._clock()
        made = ResetCode(new_code(), now + LIFE)
        credential_queries.store_reset_code(
            connection,
            account.id,
            code_hash=code_hash(account.id, made.code),
            made_at=now,
            made_by=by.name,
            expires_at=made.expires_at,
        )
        Lockout.lift(connection, folded(account.name))
        self._log.record(connection, Event.RESET_CODE_MADE, account, by=by)
        return made

    def right(self, connection: Connection, account: Account | None, code: str) -> bool:
        """Say whether a code is the account's; without an account the same is done, and it is not."""
        account_id = "" if account is None else account.id
        row = credential_queries.reset_code(connection, account_id)
        stored = _NO_CODE if row is None else row.code_hash
        same = hmac.compare_digest(stored, code_hash(account_id, code))
        return same and row is not None and row.expires_at > self._clock() and row.failed < TRIES

    def count_failure(self, connection: Connection, account: Account | None) -> None:
        """Count a wrong code; the last one that is allowed burns the right one."""
        account_id = "" if account is None else account.id
        credential_queries.count_reset_failure(connection, account_id)
        row = credential_queries.reset_code(connection, account_id)
        if row is not None and row.failed >= TRIES and account is not None:
            credential_queries.drop_reset_code(connection, account_id)
            self._log.record(connection, Event.RESET_CODE_BURNED, account)

    def use(self, connection: Connection, account: Account, machine: Machine) -> None:
        """Use the code up."""
        credential_queries.drop_reset_code(connection, account.id)
        self._log.record(connection, Event.RESET_CODE_USED, account, detail=machine.facts)
