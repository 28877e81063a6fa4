"""Accounts: made, found, changed, closed and opened again, by an admin or at the command line."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts import credential_queries, people_queries, queries
from local_server.accounts.api_keys import queries as key_queries
from local_server.accounts.audit import Audit
from local_server.accounts.changes import Change, checked_email, checked_name, shrinks
from local_server.accounts.codes import new_code
from local_server.accounts.errors import AccountUnknown, EmailTaken, LastAdmin, NameTaken, SetupDone
from local_server.accounts.models import COMMAND_LINE, Account, Actor, Role, Sees, folded
from local_server.accounts.organisation import queries as organisation_queries
from local_server.accounts.password_changes import History, end_sessions
from local_server.accounts.password_log import Event, PasswordLog
from local_server.accounts.passwords import Passwords
from local_server.accounts.policy import DEFAULT, Policy
from local_server.accounts.reset_codes import ResetCode, ResetCodes
from local_server.accounts.second_factors import switch_off
from local_server.database.engine import Database


class Accounts:
    """The people of this gallery."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        audit: Audit,
        clock: Callable[[], datetime],
        policy: Policy = DEFAULT,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._audit = audit
        self._log = PasswordLog(audit, clock)
        self._codes = ResetCodes(self._log, clock)
        self._clock = clock
        self._policy = policy
        self._history = History(database, passwords, policy)

    def none_yet(self) -> bool:
        """Say whether this is the first run."""
        with self._database.read() as connection:
            return queries.count_accounts(connection) == 0

    def create_first_admin(self, name: str, password: str) -> Account:
        """Make the first account, an admin; of two that try at once, one gets SetupDone."""
        account = self._new(name, Role.ADMIN, None, None)
        hashed = self._hashed(password, account.name)
        with self._database.write() as connection:
            # Under the write lock: nobody can come between the question and the insert.
            if queries.count_accounts(connection):
                raise SetupDone
            self._insert(connection, account, hashed, None, must_change=False)
        return account

    def create(
        self,
        name: str,
        password: str,
        role: Role,
        sees: Sees | None = None,
        email: str | None = None,
        *,
        by: Actor = COMMAND_LINE,
        must_change: bool = False,
    ) -> Account:
        """Make an account with a password.

        Raises NameUnusable, NameTaken, EmailUnusable, EmailTaken or PasswordWeak.
        """
        account = self._new(name, role, sees, email)
        hashed = self._hashed(password, account.name)
        with self._database.write() as connection:
            self._insert(connection, account, hashed, by, must_change=must_change)
        return account

    def create_with_code(
        self, name: str, role: Role, sees: Sees | None, email: str | None, by: Actor
    ) -> tuple[Account, ResetCode]:
        """Make an account without a password, and the one-time code by which its owner chooses one."""
        account = self._new(name, role, sees, email)
        with self._database.write() as connection:
            self._insert(connection, account, "", by, must_change=True)
            return account, self._codes.make(connection, account, by)

    def create_demo(self, sees: Sees | None) -> list[tuple[Account, str]]:
        """Make one account of each role for trying out, with random passwords; all of them or none."""
        made = []
        for role in Role:
            password = new_code().lower()
            account = self._new(f"demo {role.value}", role, sees, None)
            made.append((account, password, self._hashed(password, account.name)))
        with self._database.write() as connection:
            for account, _, hashed in made:
                self._insert(connection, account, hashed, COMMAND_LINE, must_change=False)
        return [(account, password) for account, password, _ in made]

    def all(self) -> list[Account]:
        """Return every account by name."""
        with self._database.read() as connection:
            return queries.all_accounts(connection)

    def named(self, name: str) -> Account:
        """Return the account of a name; raises AccountUnknown."""
        with self._database.read() as connection:
            found = queries.account_by_name(connection, folded(name))
        if found is None:
            raise AccountUnknown
        return found[0]

    def change(self, account_id: str, change: Change, by: Actor) -> Account:
        """Change what an account is and may; sessions end where its rights shrink.

        Raises AccountUnknown, LastAdmin, EmailUnusable or EmailTaken.
        """
        now = self._clock()
        with self._database.write() as connection:
            before = _known(connection, account_id)
            after = change.applied(before, now)
            if after == before:
                return before
            if before.email != after.email:
                self._check_email_free(connection, after)
            queries.change_account(
                connection,
                account_id,
                role=after.role.value,
                sees=after.sees.value,
                email=after.email,
                disabled_at=after.disabled_at,
            )
            if _governs(before) and people_queries.count_open_admins(connection) == 0:
                raise LastAdmin
            for kind, detail in change.told(before, after):
                self._audit.record(
                    connection,
                    kind,
                    account_id=account_id,
                    account_name=after.name,
                    detail={**detail, "by": by.name},
                )
            # Whoever came by the old address at an organisation is to come by the new one, if at all.
            if before.email != after.email and organisation_queries.unlink(connection, account_id):
                self._audit.record(
                    connection,
                    "organisation_unlinked",
                    account_id=account_id,
                    account_name=after.name,
                    detail={"by": by.name},
                )
            if shrinks(before, after):
                reason = "account_disabled" if after.disabled_at else "rights_changed"
                end_sessions(connection, after, now, reason)
            if after.disabled_at is not None:
                # For good: opened again, the account gets new ones.
                key_queries.revoke_all(connection, account_id, now)
            return after

    def disable(self, name: str, by: Actor = COMMAND_LINE) -> Account:
        """Close an account and end its sessions; its records stay."""
        return self.change(self.named(name).id, Change(disabled=True), by)

    def enable(self, name: str, by: Actor = COMMAND_LINE) -> Account:
        """Open a closed account again."""
        return self.change(self.named(name).id, Change(disabled=False), by)

    def end_sessions(self, account_id: str, by: Actor) -> None:
        """End every session of an account."""
        with self._database.write() as connection:
            account = _known(connection, account_id)
            ended = end_sessions(connection, account, self._clock(), "ended_by_admin")
            if ended:
                self._audit.record(
                    connection,
                    "sessions_ended",
                    account_id=account.id,
                    account_name=account.name,
                    detail={"sessions": ended, "by": by.name},
                )

    def reset_password(
        self, name: str, password: str, by: Actor = COMMAND_LINE, *, must_change: bool = False
    ) -> Account:
        """Give an account a new password, lift its lock, and end its sessions."""
        account = self.named(name)
        with self._database.read() as connection:
            found = credential_queries.of_id(connection, account.id)
        if found is None:
            raise AccountUnknown
        self._policy.check(password, account.name)
        self._history.check(found, password)
        hashed = self._passwords.hash(password)
        now = self._clock()
        with self._database.write() as connection:
            fresh = credential_queries.of_id(connection, account.id) or found
            self._history.replace(connection, fresh, hashed, now, must_change=must_change)
            queries.forget_attempts(connection, name_folded=folded(account.name))
            self._log.record(connection, Event.SET, account, by=by)
            end_sessions(connection, account, now, "password_reset")
        return account

    def make_reset_code(self, account_id: str, by: Actor) -> ResetCode:
        """Make a one-time code by which somebody chooses a new password."""
        with self._database.write() as connection:
            return self._codes.make(connection, _known(connection, account_id), by)

    def remove_second_factor(self, account_id: str, by: Actor) -> None:
        """Remove somebody's second factor, whose phone is lost."""
        with self._database.write() as connection:
            switch_off(connection, self._log, _known(connection, account_id), by)

    def _new(self, name: str, role: Role, sees: Sees | None, email: str | None) -> Account:
        return Account(
            uuid4().hex,
            checked_name(name),
            role,
            sees or Sees.by_default(role),
            checked_email(email),
            self._clock(),
            None,
        )

    def _hashed(self, password: str, name: str) -> str:
        self._policy.check(password, name)
        return self._passwords.hash(password)

    def _insert(
        self, connection: Connection, account: Account, hashed: str, by: Actor | None, *, must_change: bool
    ) -> None:
        if queries.account_by_name(connection, folded(account.name)) is not None:
            raise NameTaken(f"There is an account {account.name}.")
        self._check_email_free(connection, account)
        queries.insert_account(connection, account, folded(account.name), hashed, must_change=must_change)
        detail = {"role": account.role.value, "sees": account.sees.value}
        self._audit.record(
            connection,
            "account_created",
            account_id=account.id,
            account_name=account.name,
            detail=detail if by is None else {**detail, "by": by.name},
        )
        if hashed:
            self._log.note(connection, Event.SET, account, by=by)

    @staticmethod
    def _check_email_free(connection: Connection, account: Account) -> None:
        if account.email is not None:
            owner = people_queries.owner_of_email(connection, account.email)
            if owner not in (None, account.id):
                raise EmailTaken


def _governs(account: Account) -> bool:
    return account.role is Role.ADMIN and account.disabled_at is None


def _known(connection: Connection, account_id: str) -> Account:
    account = people_queries.account(connection, account_id)
    if account is None:
        raise AccountUnknown
    return account
