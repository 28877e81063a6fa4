"""Setting up a second factor, and removing it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from local_server.accounts import credential_queries, queries, totp
from local_server.accounts.codes import code_hash, new_code
from local_server.accounts.errors import (
    SecondFactorNotBegun,
    SecondFactorOn,
    SecondFactorWrong,
    SessionEnded,
)
from local_server.accounts.lockout import Lockout
from local_server.accounts.models import Account, Actor, Caller, Machine, Narrow, SignedIn, folded
from local_server.accounts.password_log import Event, PasswordLog
from local_server.accounts.proofs import Proof, Proofs
from local_server.accounts.reauthentication import Reauthentication
from local_server.accounts.sessions import Sessions
from local_server.database.engine import Database
from local_server.events import announce

RECOVERY_CODES: Final = 10


@dataclass(frozen=True, slots=True)
class Begun:
    """A secret that waits for its first code: as text, and as the address in a QR code."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The recovery codes, to be shown once; and the full sign-in, where the one before was a narrow one."""

    recovery_codes: list[str]
    signed_in: SignedIn | None


class SecondFactors:
    """What a person does about their own second factor."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        proofs: Proofs,
        lockout: Lockout,
        reauthentication: Reauthentication,
        log: PasswordLog,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._proofs = proofs
        self._lockout = lockout
        self._reauthentication = reauthentication
        self._log = log
        self._clock = clock

    def begin(self, caller: Caller, password: str | None) -> Begun:
        """Make a secret and keep it, sealed, until a code confirms it.

        Who signed in just now in order to do this has no need to give the password again. Raises
        PasswordWrong, AccountLocked or SecondFactorOn.
        """
        if caller.narrow is not Narrow.SECOND_FACTOR:
            self._reauthentication.password(caller, password)
        secret = totp.new_secret()
        with self._database.write() as connection:
            fresh = credential_queries.of_id(connection, caller.account_id)
            if fresh is None:
                raise SessionEnded
            if fresh.second_factor_on:
                raise SecondFactorOn
            queries.change_account(
                connection,
                caller.account_id,
                totp_sealed=self._proofs.sealed(caller.account_id, secret),
                totp_confirmed_at=None,
                totp_last_step=None,
            )
        return Begun(secret, totp.address(secret, caller.name))

    def confirm(self, caller: Caller, code: str) -> Confirmed:
        """Take the first code of a new secret: from now on each sign-in needs one.

        Raises SecondFactorNotBegun, SecondFactorOn or SecondFactorWrong.
        """
        now = self._clock()
        recovery = [new_code() for _ in range(RECOVERY_CODES)]
        with self._database.write() as connection:
            fresh = credential_queries.of_id(connection, caller.account_id)
            session = queries.viewing_session(connection, caller.viewing_session_id)
            if fresh is None or session is None or session.ended_at is not None:
                raise SessionEnded
            if fresh.totp_sealed is None:
                raise SecondFactorNotBegun
            if fresh.second_factor_on:
                raise SecondFactorOn
            secret = self._proofs.opened(caller.account_id, fresh.totp_sealed)
            step = totp.matched_step(secret, code.replace(" ", ""), now, None)
            if step is None:
                raise SecondFactorWrong
            queries.change_account(connection, caller.account_id, totp_confirmed_at=now, totp_last_step=step)
            credential_queries.replace_recovery_codes(
                connection, caller.account_id, [code_hash(caller.account_id, one) for one in recovery]
            )
            machine = queries.machine_of(session)
            self._log.record(
                connection,
                Event.SECOND_FACTOR_ON,
                fresh.account,
                by=caller.actor,
                viewing_session_id=caller.viewing_session_id,
                detail=machine.facts,
            )
            if caller.narrow is None:
                return Confirmed(recovery, None)
            queries.end_session(connection, caller.viewing_session_id, now, "second_factor_on")
            announce(connection, now, "session_ended", {"viewing_session_id": caller.viewing_session_id})
            confirmed = credential_queries.of_id(connection, caller.account_id) or fresh
            return Confirmed(
                recovery, self._sessions.begin_as_due(connection, confirmed, machine, Proof.CODE)
            )

    def remove(self, caller: Caller, password: str | None, code: str | None) -> None:
        """Remove it, by the password or by a code.

        Raises PasswordWrong, SecondFactorWrong or AccountLocked.
        """
        if code is not None:
            self._prove(caller, code)
        else:
            self._reauthentication.password(caller, password)
        with self._database.write() as connection:
            fresh = credential_queries.of_id(connection, caller.account_id)
            if fresh is not None:
                switch_off(connection, self._log, fresh.account, caller.actor)

    def _prove(self, caller: Caller, code: str) -> None:
        failed = self._lockout.admit(folded(caller.name))
        with self._database.write() as connection:
            fresh = credential_queries.of_id(connection, caller.account_id)
            if fresh is None:
                raise SessionEnded
            if not fresh.second_factor_on:
                # Nothing was proved, so no failure is forgotten either.
                self._lockout.give_back(connection, folded(caller.name))
                return
            machine = Machine("", caller.machine_name, "")
            proof = self._sessions.prove(connection, fresh, code, failed, machine)
        if proof is Proof.WRONG:
            raise SecondFactorWrong


def switch_off(connection: Connection, log: PasswordLog, account: Account, by: Actor) -> None:
    """Forget the second factor of an account and its recovery codes; what was only begun goes unsaid."""
    fresh = credential_queries.of_id(connection, account.id)
    if fresh is None:
        return
    queries.change_account(
        connection, account.id, totp_sealed=None, totp_confirmed_at=None, totp_last_step=None
    )
    credential_queries.replace_recovery_codes(connection, account.id, [])
    if fresh.second_factor_on:
        log.record(connection, Event.SECOND_FACTOR_OFF, account, by=by)
