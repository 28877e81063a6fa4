"""The log of what happened to passwords, codes and second factors, written beside the audit log's entry."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from local_server.accounts import credential_queries
from local_server.accounts.audit import Audit
from local_server.accounts.lockout import lock_after
from local_server.accounts.models import Account, Actor, Machine


class Event(StrEnum):
    """What can happen to a password, a code or a second factor."""

    SET = "set"
    CHANGED = "changed"
    EXPIRED = "expired"
    REFUSED = "refused"
    LOCKED = "locked"
    RESET_CODE_MADE = "reset_code_made"
    RESET_CODE_USED = "reset_code_used"
    RESET_CODE_BURNED = "reset_code_burned"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    SECOND_FACTOR_USED = "second_factor_used"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    RECOVERY_CODE_USED = "recovery_code_used"


# What the audit log calls the same; the others have the same name there.
_KINDS: Final[Mapping[Event, str]] = {
    Event.SET: "password_reset",
    Event.CHANGED: "password_changed",
    Event.EXPIRED: "password_expired",
}
_NOTHING: Final[Mapping[str, Any]] = {}


class PasswordLog:
    """Writes an event in the caller's transaction."""

    def __init__(self, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._audit = audit
        self._clock = clock

    def note(
        self,
        connection: Connection,
        event: Event,
        account: Account | None,
        *,
        name: str = "",
        by: Actor | None = None,
        detail: Mapping[str, Any] = _NOTHING,
    ) -> None:
        """Write a line here alone: the caller records the same in the audit log in its own words.

        `name` is what was typed where no account has it.
        """
        credential_queries.insert_event(
            connection,
            time=self._clock(),
            account_id=None if account is None else account.id,
            account_name=name[:64] if account is None else account.name,
            event=event.value,
            by_account_id=None if by is None else by.account_id,
            by_name=None if by is None else by.name,
            detail=dict(detail),
        )

    def record(
        self,
        connection: Connection,
        event: Event,
        account: Account,
        *,
        by: Actor | None = None,
        viewing_session_id: str | None = None,
        detail: Mapping[str, Any] = _NOTHING,
    ) -> None:
        """Write a line here and an entry in the audit log."""
        self.note(connection, event, account, by=by, detail=detail)
        self._audit.record(
            connection,
            _KINDS.get(event, event.value),
            account_id=account.id,
            account_name=account.name,
            viewing_session_id=viewing_session_id,
            detail=dict(detail) if by is None else {**detail, "by": by.name},
        )

    def refused(
        self,
        connection: Connection,
        account: Account | None,
        name: str,
        what: str,
        failed: int,
        machine: Machine,
        *,
        event: Event = Event.REFUSED,
    ) -> None:
        """Write that something wrong was typed, the how-many-eth in a row, and that it locks the name if so.

        The same is written whether an account has the name or not.
        """
        detail = {**machine.facts, "what": what, "failed_in_a_row": failed}
        self.note(connection, event, account, name=name, detail=detail)
        lock = lock_after(failed)
        if lock is not None:
            self.note(
                connection, Event.LOCKED, account, name=name, detail={"seconds": int(lock.total_seconds())}
            )
        self._audit.record(
            connection,
            "sign_in_refused",
            account_id=None if account is None else account.id,
            account_name=name[:64] if account is None else account.name,
            detail=detail,
        )
