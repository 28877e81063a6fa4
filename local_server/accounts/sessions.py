"""Signing in and out: viewing sessions, their tokens, and the check of every request."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts import queries
from local_server.accounts.audit import Audit
from local_server.accounts.errors import (
    AccountDisabled,
    SessionEnded,
    TokenInvalid,
    TokenReused,
    WrongCredentials,
)
from local_server.accounts.lockout import Lockout
from local_server.accounts.models import (
    Account,
    Caller,
    Machine,
    Role,
    SignedIn,
    ViewingSession,
    folded,
)
from local_server.accounts.passwords import Passwords
from local_server.accounts.presence import Presence
from local_server.accounts.tokens import Refresh, Tokens
from local_server.database.engine import Database
from local_server.events import announce
from local_server.marks.identity import MarkId

# Refresh tokens are kept this long after their expiry, so that a late re-use is still known for what it is.
REMEMBERED: Final = timedelta(days=30)


class Sessions:
    """The life of viewing sessions."""

    def __init__(
        self,
        database: Database,
        tokens: Tokens,
        passwords: Passwords,
        lockout: Lockout,
        presence: Presence,
        audit: Audit,
        clock: Callable[[], datetime],
        randbits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._passwords = passwords
        self._lockout = lockout
        self._presence = presence
        self._audit = audit
        self._clock = clock
        self._randbits = randbits

    def sign_in(self, name: str, password: str, machine: Machine) -> SignedIn:
        """Begin a viewing session. Raises WrongCredentials, AccountLocked or AccountDisabled."""
        name_folded = folded(name)
        failed = self._lockout.admit(name_folded)
        with self._database.read() as connection:
            found = queries.account_by_name(connection, name_folded)
        account, stored = found or (None, None)
        right = self._passwords.verify(stored, password)
        if account is None or stored is None or not right:
            self._record_refusal("sign_in_refused", name, account, machine, {"failed_in_a_row": failed})
            raise WrongCredentials
        if account.disabled_at is not None:
            self._record_refusal("sign_in_refused", name, account, machine, {"reason": "account_disabled"})
            raise AccountDisabled
        renewed = self._passwords.hash(password) if self._passwords.outdated(stored) else None
        with self._database.write() as connection:
            if queries.account_by_name(connection, name_folded) != found:
                raise WrongCredentials  # closed, or given another password, while this one was looked at
            self._lockout.lift(connection, name_folded)
            if renewed is not None:
                queries.change_account(connection, account.id, password_hash=renewed)
            return self.begin(connection, account, machine)

    def refresh(self, token: str, machine: Machine) -> SignedIn:
        """Exchange a refresh token for new ones; a second use, or a use on another machine, ends the session.

        Raises TokenInvalid, TokenExpired, TokenReused or SessionEnded.
        """
        claims = self._tokens.read_refresh(token)
        now = self._clock()
        with self._database.write() as connection:
            row = queries.refresh_row(connection, claims.id)
            session = queries.viewing_session(connection, claims.viewing_session_id)
            if row is None or session is None:
                raise TokenInvalid
            stolen = row.used_at is not None or session.machine_id != machine.id
            if not stolen:
                if row.revoked_at is not None or session.ended_at is not None or session.disabled_at:
                    raise SessionEnded
                queries.use_refresh(connection, claims.id, now)
                account = queries.account_by_id(connection, session.account_id)
                viewing = ViewingSession(session.id, session.mark, session.started_at)
                return self._issue(connection, account, viewing, claims.family)
            self._end(connection, claims, session.account_name, machine, now)
        raise TokenReused

    def end(self, caller: Caller) -> None:
        """Sign out: the viewing session is over and its refresh tokens are revoked."""
        now = self._clock()
        with self._database.write() as connection:
            if queries.end_session(connection, caller.viewing_session_id, now, "signed_out"):
                self._audit.record(
                    connection,
                    "signed_out",
                    account_id=caller.account_id,
                    account_name=caller.name,
                    viewing_session_id=caller.viewing_session_id,
                )
                announce(connection, now, "session_ended", {"viewing_session_id": caller.viewing_session_id})

    def check(self, access_token: str) -> Caller:
        """Return who a token stands for now. Raises TokenInvalid, TokenExpired or SessionEnded."""
        claims = self._tokens.read_access(access_token)
        with self._database.read() as connection:
            row = queries.viewing_session(connection, claims.viewing_session_id)
        if row is None or row.account_id != claims.account_id:
            raise TokenInvalid
        if row.ended_at is not None or row.disabled_at is not None:
            raise SessionEnded
        self._presence.note(row.id)
        return Caller(
            account_id=row.account_id,
            name=row.account_name,
            role=Role(row.role),
            viewing_session_id=row.id,
            mark=row.mark,
            machine_name=row.machine_name,
            sees=row.sees,
        )

    def described(self, access_token: str) -> tuple[ViewingSession, datetime]:
        """Return the viewing session of a token that `check` has taken, and when the token expires."""
        claims = self._tokens.read_access(access_token)
        with self._database.read() as connection:
            row = queries.viewing_session(connection, claims.viewing_session_id)
        if row is None:
            raise TokenInvalid
        return ViewingSession(row.id, row.mark, row.started_at), claims.expires_at

    def begin(self, connection: Connection, account: Account, machine: Machine, **detail: object) -> SignedIn:
        """Begin a viewing session of somebody who has proved to be the account's, within a transaction."""
        mark = MarkId.new(self._randbits).value
        while queries.mark_taken(connection, mark):
            mark = MarkId.new(self._randbits).value
        session = ViewingSession(uuid4().hex, mark, self._clock())
        queries.insert_viewing_session(connection, session, account.id, machine)
        self._audit.record(
            connection,
            "signed_in",
            account_id=account.id,
            account_name=account.name,
            viewing_session_id=session.id,
            detail={**machine.facts, "mark_id": MarkId(mark).text, **detail},
        )
        queries.forget_refresh(connection, session.started_at - REMEMBERED)
        return self._issue(connection, account, session, uuid4().hex)

    def _issue(
        self, connection: Connection, account: Account, session: ViewingSession, family: str
    ) -> SignedIn:
        access_token, access_expires_at = self._tokens.access(account.id, session.id)
        refresh_token, refresh = self._tokens.refresh(account.id, session.id, family)
        queries.insert_refresh(connection, refresh, self._clock())
        return SignedIn(account, session, access_token, access_expires_at, refresh_token, refresh.expires_at)

    def _end(
        self, connection: Connection, claims: Refresh, account_name: str, machine: Machine, now: datetime
    ) -> None:
        queries.end_session(connection, claims.viewing_session_id, now, "token_reused")
        self._audit.record(
            connection,
            "token_reused",
            account_id=claims.account_id,
            account_name=account_name,
            viewing_session_id=claims.viewing_session_id,
            detail=machine.facts,
        )
        announce(connection, now, "session_ended", {"viewing_session_id": claims.viewing_session_id})

    def _record_refusal(
        self, kind: str, name: str, account: Account | None, machine: Machine, detail: dict[str, object]
    ) -> None:
        with self._database.write() as connection:
            self._audit.record(
                connection,
                kind,
                account_id=None if account is None else account.id,
                account_name=name[:64] if account is None else account.name,
                detail={**machine.facts, **detail},
            )
