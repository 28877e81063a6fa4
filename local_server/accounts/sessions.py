"""Signing in and out: viewing sessions, their tokens, and the check of every request."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts import credential_queries, queries
from local_server.accounts.audit import Audit
from local_server.accounts.errors import (
    AccountDisabled,
    PasswordChangeNeeded,
    SecondFactorNeeded,
    SecondFactorSetupNeeded,
    SecondFactorWrong,
    SessionEnded,
    TokenInvalid,
    TokenReused,
    WrongCredentials,
)
from local_server.accounts.lockout import Lockout
from local_server.accounts.models import (
    Account,
    Caller,
    Credentials,
    Machine,
    Narrow,
    Role,
    SignedIn,
    ViewingSession,
    folded,
)
from local_server.accounts.password_log import Event, PasswordLog
from local_server.accounts.passwords import Passwords
from local_server.accounts.policy import Policy
from local_server.accounts.presence import Presence
from local_server.accounts.proofs import ACCEPTED, Proof, Proofs
from local_server.accounts.tokens import Tokens
from local_server.accounts.viewing import begin_viewing
from local_server.database.engine import Database
from local_server.events import announce

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
        policy: Policy,
        proofs: Proofs,
        randbits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._passwords = passwords
        self._lockout = lockout
        self._presence = presence
        self._audit = audit
        self._log = PasswordLog(audit, clock)
        self._clock = clock
        self._policy = policy
        self._proofs = proofs
        self._randbits = randbits

    def sign_in(
        self, name: str, password: str, machine: Machine, second_factor: str | None = None
    ) -> SignedIn:
        """Begin a viewing session; a narrow one where a new password or a second factor is due.

        Raises WrongCredentials, AccountLocked, AccountDisabled, SecondFactorNeeded or SecondFactorWrong.
        """
        name_folded = folded(name)
        failed = self._lockout.admit(name_folded)
        with self._database.read() as connection:
            found = credential_queries.of_name(connection, name_folded)
        account = None if found is None else found.account
        right = self._passwords.verify(None if found is None else found.password_hash, password)
        if found is None or account is None or not right:
            with self._database.write() as connection:
                failed = self._lockout.fail(connection, name_folded, failed)
                self._log.refused(connection, account, name, "password", failed, machine)
            raise WrongCredentials
        if account.disabled_at is not None:
            self._record_closed(account, machine, failed)
            raise AccountDisabled
        renewed = self._passwords.hash(password) if self._passwords.outdated(found.password_hash) else None
        with self._database.write() as connection:
            fresh = credential_queries.of_name(connection, name_folded)
            if fresh is None or (fresh.account, fresh.password_hash) != (account, found.password_hash):
                raise WrongCredentials  # closed, or given another password, while this one was looked at
            proof = self.prove(connection, fresh, second_factor, failed, machine)
            if proof in ACCEPTED:
                if renewed is not None:
                    queries.change_account(connection, account.id, password_hash=renewed)
                return self.begin_as_due(connection, fresh, machine, proof)
        raise SecondFactorNeeded if proof is Proof.MISSING else SecondFactorWrong

    def prove(
        self,
        connection: Connection,
        credentials: Credentials,
        second_factor: str | None,
        failed: int,
        machine: Machine,
    ) -> Proof:
        """Look at the second factor of somebody whose password or code was right, and record what came of it.

        Only an accepted one lifts the lock; the password alone gives back no more than its own attempt, or
        whoever knows it could guess codes without end.
        """
        account = credentials.account
        proof = self._proofs.prove(connection, credentials, second_factor)
        if proof is Proof.MISSING:
            self._lockout.give_back(connection, folded(account.name))
        elif proof is Proof.WRONG:
            failed = self._lockout.fail(connection, folded(account.name), failed)
            self._log.refused(
                connection,
                account,
                account.name,
                "second factor",
                failed,
                machine,
                event=Event.SECOND_FACTOR_REFUSED,
            )
        else:
            self._lockout.lift(connection, folded(account.name))
            if proof is not Proof.NOT_NEEDED:
                recovered = proof is Proof.RECOVERY_CODE
                event = Event.RECOVERY_CODE_USED if recovered else Event.SECOND_FACTOR_USED
                self._log.note(connection, event, account, detail=machine.facts)
        return proof

    def begin_as_due(
        self, connection: Connection, credentials: Credentials, machine: Machine, proof: Proof
    ) -> SignedIn:
        """Begin a viewing session that is as narrow as the state of the account's password asks for."""
        account, now = credentials.account, self._clock()
        if self._policy.expired(credentials, now):
            self._log.record(connection, Event.EXPIRED, account)
        detail = {} if proof is Proof.NOT_NEEDED else {"second_factor": proof.value}
        narrow = self._policy.narrowing(credentials, now)
        return self.begin(connection, account, machine, narrow=narrow, **detail)

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
            queries.end_session(connection, claims.viewing_session_id, now, "token_reused")
            ended = (claims.viewing_session_id, claims.account_id, session.account_name)
            self._tell_end(connection, "token_reused", now, ended, machine.facts)
        raise TokenReused

    def end(self, caller: Caller) -> None:
        """Sign out: the viewing session is over and its refresh tokens are revoked."""
        now = self._clock()
        with self._database.write() as connection:
            if queries.end_session(connection, caller.viewing_session_id, now, "signed_out"):
                ended = (caller.viewing_session_id, caller.account_id, caller.name)
                self._tell_end(connection, "signed_out", now, ended)

    def check(self, access_token: str, admits: frozenset[Narrow] = frozenset()) -> Caller:
        """Return who a token stands for now.

        Raises TokenInvalid, TokenExpired or SessionEnded; and, unless `admits` names what the token of a
        grace sign-in is good for, PasswordChangeNeeded or SecondFactorSetupNeeded.
        """
        claims = self._tokens.read_any_access(access_token)
        caller = self.caller(claims.viewing_session_id, claims.narrow)
        if caller.account_id != claims.account_id:
            raise TokenInvalid
        if claims.narrow is not None and claims.narrow not in admits:
            raise SecondFactorSetupNeeded if claims.narrow is Narrow.SECOND_FACTOR else PasswordChangeNeeded
        return caller

    def caller(self, viewing_session_id: str, narrow: Narrow | None = None) -> Caller:
        """Return who a viewing session belongs to. Raises TokenInvalid or SessionEnded."""
        with self._database.read() as connection:
            row = queries.viewing_session(connection, viewing_session_id)
        if row is None:
            raise TokenInvalid
        if row.ended_at is not None or row.disabled_at is not None:
            raise SessionEnded
        self._presence.note(row.id)
        now = self._clock()
        told = row.holds_until is not None and row.holds_until > now
        return Caller(
            account_id=row.account_id,
            name=row.account_name,
            role=Role(row.role),
            viewing_session_id=row.id,
            mark=row.mark,
            machine_name=row.machine_name,
            sees=row.sees,
            narrow=narrow,
            holds=row.holds if told else "marked",
            holds_reason=row.holds_reason if told else "it does not say that its capture guard is live.",
            strong=row.strengthened_at is not None or queries.exempt(row, now),
        )

    def described(self, access_token: str) -> tuple[ViewingSession, datetime]:
        """Return the viewing session of a token that `check` has taken, and when the token expires."""
        claims = self._tokens.read_access(access_token)
        with self._database.read() as connection:
            row = queries.viewing_session(connection, claims.viewing_session_id)
        if row is None:
            raise TokenInvalid
        return ViewingSession(row.id, row.mark, row.started_at), claims.expires_at

    def begin(
        self,
        connection: Connection,
        account: Account,
        machine: Machine,
        *,
        narrow: Narrow | None = None,
        **detail: object,
    ) -> SignedIn:
        """Begin a viewing session of somebody who has proved to be the account's, within a transaction.

        A narrow one is good for that alone, and ends with its access token.
        """
        only = {} if narrow is None else {"only": narrow.value}
        session = begin_viewing(
            connection, self._audit, account, machine, self._clock(), {**only, **detail}, self._randbits
        )
        queries.forget_refresh(connection, session.started_at - REMEMBERED)
        if narrow is not None:
            token, expires_at = self._tokens.grace(account.id, session.id, narrow)
            return SignedIn(account, session, token, expires_at, "", expires_at, narrow)
        return self._issue(connection, account, session, uuid4().hex)

    def renew(self, connection: Connection, account: Account, session_id: str) -> SignedIn:
        """Give a living session new tokens and revoke its earlier ones, within a transaction."""
        row = queries.viewing_session(connection, session_id)
        if row is None or row.ended_at is not None:
            raise SessionEnded
        queries.revoke_refresh(connection, session_id, self._clock())
        return self._issue(connection, account, ViewingSession(row.id, row.mark, row.started_at), uuid4().hex)

    def _issue(
        self, connection: Connection, account: Account, session: ViewingSession, family: str
    ) -> SignedIn:
        access_token, access_expires_at = self._tokens.access(account.id, session.id)
        refresh_token, refresh = self._tokens.refresh(account.id, session.id, family)
        queries.insert_refresh(connection, refresh, self._clock())
        return SignedIn(account, session, access_token, access_expires_at, refresh_token, refresh.expires_at)

    def _tell_end(
        self,
        connection: Connection,
        kind: str,
        now: datetime,
        ended: tuple[str, str, str],
        detail: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Record and announce that a session is over: its id, and its account's id and name."""
        session_id, account_id, account_name = ended
        who = {"account_id": account_id, "account_name": account_name, "viewing_session_id": session_id}
        self._audit.record(connection, kind, **who, detail=detail)
        announce(connection, now, "session_ended", {"viewing_session_id": session_id})

    def _record_closed(self, account: Account, machine: Machine, failed: int) -> None:
        detail = {**machine.facts, "reason": "account_disabled"}
        with self._database.write() as connection:
            self._lockout.fail(connection, folded(account.name), failed)
            self._log.note(connection, Event.REFUSED, account, detail=detail)
            who = {"account_id": account.id, "account_name": account.name}
            self._audit.record(connection, "sign_in_refused", **who, detail=detail)
