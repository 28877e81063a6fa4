"""Assistive exemptions: for whom the capture guard hides nothing, because a machine helps them to see."""

from collections.abc import Callable
from datetime import datetime

from local_server.accounts import people_queries
from local_server.accounts.audit import Audit
from local_server.accounts.errors import AccountUnknown, ExemptionOver
from local_server.accounts.models import Account, Actor, Exemption
from local_server.database.engine import Database
from local_server.events import announce


class Exemptions:
    """Grants and takes back; who has one carries a stronger mark, and every use is recorded."""

    def __init__(self, database: Database, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def grant(self, account_id: str, reason: str, expires_at: datetime | None, by: Actor) -> Account:
        """Grant an exemption in place of any other. Raises AccountUnknown or ExemptionOver."""
        now = self._clock()
        if expires_at is not None and expires_at <= now:
            raise ExemptionOver
        with self._database.write() as connection:
            account = people_queries.account(connection, account_id)
            if account is None:
                raise AccountUnknown
            people_queries.exempt(connection, account_id, Exemption(reason, now, by.name, expires_at))
            self._audit.record(
                connection,
                "assistive_granted",
                account_id=account_id,
                account_name=account.name,
                detail={
                    "reason": reason,
                    "expires_at": None if expires_at is None else expires_at.isoformat(),
                    "by": by.name,
                },
            )
            announce(connection, now, "protection_changed", {"account_id": account_id})
        return account

    def end(self, account_id: str, by: Actor) -> Account:
        """Take an exemption back; where there is none nothing is recorded. Raises AccountUnknown."""
        now = self._clock()
        with self._database.write() as connection:
            account = people_queries.account(connection, account_id)
            if account is None:
                raise AccountUnknown
            if people_queries.exemption(connection, account_id) is not None:
                people_queries.end_exemption(connection, account_id)
                self._audit.record(
                    connection,
                    "assistive_ended",
                    account_id=account_id,
                    account_name=account.name,
                    detail={"by": by.name},
                )
                announce(connection, now, "protection_changed", {"account_id": account_id})
        return account
