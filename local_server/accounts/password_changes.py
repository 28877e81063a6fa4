"""A new password by the person it belongs to: after the present one, or after a one-time code."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from local_server.accounts import credential_queries, queries
from local_server.accounts.errors import (
    AccountDisabled,
    PasswordUsedBefore,
    PasswordWrong,
    ResetCodeWrong,
    SecondFactorNeeded,
    SecondFactorWrong,
    SessionEnded,
)
from local_server.accounts.lockout import Lockout
from local_server.accounts.models import Account, Caller, Credentials, Machine, Narrow, SignedIn, folded
from local_server.accounts.password_log import Event, PasswordLog
from local_server.accounts.passwords import Passwords
from local_server.accounts.policy import Policy
from local_server.accounts.proofs import ACCEPTED, Proof
from local_server.accounts.reauthentication import Reauthentication
from local_server.accounts.reset_codes import ResetCodes
from local_server.accounts.sessions import Sessions
from local_server.database.engine import Database
from local_server.errors import Rejection
from local_server.events import announce


class History:
    """Keeps the hashes of earlier passwords, and says whether a new one is among them."""

    def __init__(self, database: Database, passwords: Passwords, policy: Policy) -> None:
        self._database = database
        self._passwords = passwords
        self._policy = policy

    def check(self, credentials: Credentials, new: str) -> None:
        """Raise PasswordUsedBefore for the present password and for as many before it as the policy says."""
        with self._database.read() as connection:
            earlier = credential_queries.earlier_hashes(
                connection, credentials.account.id, self._policy.history
            )
        present = [credentials.password_hash] if credentials.password_hash else []
        if any(self._passwords.verify(stored, new) for stored in [*present, *earlier]):
            raise PasswordUsedBefore

    def replace(
        self,
        connection: Connection,
        credentials: Credentials,
        hashed: str,
        now: datetime,
        *,
        must_change: bool,
    ) -> None:
        """Store a new hash, keep the old one, and make a one-time code useless."""
        account_id = credentials.account.id
        queries.change_account(
            connection,
            account_id,
            password_hash=hashed,
            password_changed_at=now,
            must_change_password=must_change,
        )
        if credentials.password_hash:
            credential_queries.keep_hash(
                connection, account_id, credentials.password_hash, now, self._policy.history
            )
        credential_queries.drop_reset_code(connection, account_id)


class PasswordChanges:
    """What a person does about their own password."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        passwords: Passwords,
        lockout: Lockout,
        reauthentication: Reauthentication,
        codes: ResetCodes,
        log: PasswordLog,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._passwords = passwords
        self._lockout = lockout
        self._reauthentication = reauthentication
        self._codes = codes
        self._log = log
        self._policy = policy
        self._history = History(database, passwords, policy)
        self._clock = clock

    def change(self, caller: Caller, current: str | None, new: str) -> SignedIn:
        """Take a new password, end the account's other sessions and return fresh tokens.

        Raises PasswordWeak, PasswordWrong, AccountLocked or PasswordUsedBefore.
        """
        self._policy.check(new, caller.name)
        if caller.narrow is Narrow.RESET:
            found = self._reauthentication.credentials(caller)
        else:
            found = self._reauthentication.password(caller, current)
        self._history.check(found, new)
        hashed = self._passwords.hash(new)
        now = self._clock()
        with self._database.write() as connection:
            fresh = credential_queries.of_id(connection, caller.account_id)
            if fresh is None or fresh.password_hash != found.password_hash:
                raise PasswordWrong  # another change came first
            session = queries.viewing_session(connection, caller.viewing_session_id)
            if session is None or session.ended_at is not None or session.disabled_at is not None:
                raise SessionEnded
            machine = queries.machine_of(session)
            self._history.replace(connection, fresh, hashed, now, must_change=False)
            self._log.record(
                connection,
                Event.CHANGED,
                fresh.account,
                by=caller.actor,
                viewing_session_id=caller.viewing_session_id,
                detail=machine.facts,
            )
            full = caller.narrow is None
            kept = caller.viewing_session_id if full else None
            end_sessions(connection, fresh.account, now, "password_changed", but=kept)
            if full:
                return self._sessions.renew(connection, fresh.account, caller.viewing_session_id)
            changed = credential_queries.of_id(connection, caller.account_id)
            return self._sessions.begin_as_due(connection, changed or fresh, machine, Proof.NOT_NEEDED)

    def redeem(self, name: str, code: str, machine: Machine, second_factor: str | None = None) -> SignedIn:
        """Begin a session that is good for a new password alone, by a one-time code, which is used up.

        Raises ResetCodeWrong, AccountLocked, AccountDisabled, SecondFactorNeeded or SecondFactorWrong. A name
        that nobody has is treated by the same statements as one that somebody has.
        """
        name_folded = folded(name)
        failed = self._lockout.admit(name_folded)
        refusal: type[Rejection] = ResetCodeWrong
        with self._database.write() as connection:
            found = credential_queries.of_name(connection, name_folded)
            account = None if found is None else found.account
            right = self._codes.right(connection, account, code)
            if found is None or account is None or not right:
                failed = self._lockout.fail(connection, name_folded, failed)
                self._codes.count_failure(connection, account)
                self._log.refused(connection, account, name, "reset code", failed, machine)
            elif account.disabled_at is not None:
                self._lockout.fail(connection, name_folded, failed)
                refusal = AccountDisabled
            else:
                proof = self._sessions.prove(connection, found, second_factor, failed, machine)
                if proof in ACCEPTED:
                    self._codes.use(connection, account, machine)
                    return self._sessions.begin(connection, account, machine, narrow=Narrow.RESET)
                refusal = SecondFactorNeeded if proof is Proof.MISSING else SecondFactorWrong
        raise refusal


def end_sessions(
    connection: Connection, account: Account, now: datetime, reason: str, *, but: str | None = None
) -> int:
    """End the sessions of an account, all or but one, and return how many."""
    ended = 0
    for session_id in queries.sessions_alive(connection, account.id):
        if session_id != but:
            ended += queries.end_session(connection, session_id, now, reason)
            announce(connection, now, "session_ended", {"viewing_session_id": session_id})
    return ended
