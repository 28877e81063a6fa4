"""Accounts: made, given a new password, closed and opened again."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts import queries
from local_server.accounts.audit import Audit
from local_server.accounts.errors import AccountUnknown, NameTaken, NameUnusable, SetupDone
from local_server.accounts.models import Account, Role, Sees, folded, readable
from local_server.accounts.passwords import Passwords, check_policy
from local_server.database.engine import Database
from local_server.events import announce

LONGEST_NAME = 64


class Accounts:
    """The people of this gallery."""

    def __init__(
        self, database: Database, passwords: Passwords, audit: Audit, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._audit = audit
        self._clock = clock

    def none_yet(self) -> bool:
        """Say whether this is the first run."""
        with self._database.read() as connection:
            return queries.count_accounts(connection) == 0

    def create_first_admin(self, name: str, password: str) -> Account:
        """Make the first account, an admin; of two that try at once, one gets SetupDone."""
        return self._create(name, password, Role.ADMIN, Sees.LIBRARY, first=True)

    def create(self, name: str, password: str, role: Role, sees: Sees | None = None) -> Account:
        """Make an account. Raises NameUnusable, NameTaken or PasswordWeak."""
        return self._create(name, password, role, sees or Sees.by_default(role), first=False)

    def _create(self, name: str, password: str, role: Role, sees: Sees, *, first: bool) -> Account:
        shown = checked_name(name)
        check_policy(password, shown)
        if first and not self.none_yet():
            raise SetupDone
        hashed = self._passwords.hash(password)
        account = Account(uuid4().hex, shown, role, sees, None, self._clock(), None)
        with self._database.write() as connection:
            # Under the write lock: nobody can come between the question and the insert.
            if first and queries.count_accounts(connection):
                raise SetupDone
            if queries.account_by_name(connection, folded(shown)) is not None:
                raise NameTaken
            queries.insert_account(connection, account, folded(shown), hashed)
            self._audit.record(
                connection,
                "account_created",
                account_id=account.id,
                account_name=account.name,
                detail={"role": role.value, "sees": sees.value},
            )
        return account

    def all(self) -> list[Account]:
        """Return every account by name."""
        with self._database.read() as connection:
            return queries.all_accounts(connection)

    def reset_password(self, name: str, password: str) -> Account:
        """Give an account a new password, lift its lock, and end its sessions."""
        account = self._named(name)
        check_policy(password, account.name)
        hashed = self._passwords.hash(password)
        now = self._clock()
        with self._database.write() as connection:
            queries.change_account(connection, account.id, password_hash=hashed, password_changed_at=now)
            queries.forget_attempts(connection, name_folded=folded(account.name))
            self._audit.record(connection, "password_reset", account_id=account.id, account_name=account.name)
            self._end_sessions(connection, account, now, "password_reset")
        return account

    def disable(self, name: str) -> Account:
        """Close an account and end its sessions; its records stay."""
        account = self._named(name)
        now = self._clock()
        with self._database.write() as connection:
            if account.disabled_at is None:
                queries.change_account(connection, account.id, disabled_at=now)
                self._audit.record(
                    connection, "account_disabled", account_id=account.id, account_name=account.name
                )
            self._end_sessions(connection, account, now, "account_disabled")
        return self._named(name)

    def enable(self, name: str) -> Account:
        """Open a closed account again."""
        account = self._named(name)
        with self._database.write() as connection:
            if account.disabled_at is not None:
                queries.change_account(connection, account.id, disabled_at=None)
                self._audit.record(
                    connection, "account_enabled", account_id=account.id, account_name=account.name
                )
        return self._named(name)

    def _named(self, name: str) -> Account:
        with self._database.read() as connection:
            found = queries.account_by_name(connection, folded(name))
        if found is None:
            raise AccountUnknown
        return found[0]

    def _end_sessions(self, connection: Connection, account: Account, now: datetime, reason: str) -> None:
        for session_id in queries.sessions_alive(connection, account.id):
            queries.end_session(connection, session_id, now, reason)
            announce(connection, now, "session_ended", {"viewing_session_id": session_id})


def checked_name(name: str) -> str:
    """Return the name as it will be shown; raises NameUnusable."""
    shown = readable(name)
    if not shown:
        raise NameUnusable("The name is empty.")
    if max(len(shown), len(folded(shown))) > LONGEST_NAME:
        raise NameUnusable(f"The name has more than {LONGEST_NAME} characters.")
    if not shown.isprintable():
        raise NameUnusable("The name holds characters that can't be seen.")
    return shown
