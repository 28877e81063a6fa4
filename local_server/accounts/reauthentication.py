"""Asks somebody who is signed in for the present password once more, before a change that matters."""

from local_server.accounts import credential_queries
from local_server.accounts.errors import PasswordWrong, SessionEnded
from local_server.accounts.lockout import Lockout
from local_server.accounts.models import Caller, Credentials, Machine, folded
from local_server.accounts.password_log import PasswordLog
from local_server.accounts.passwords import Passwords
from local_server.database.engine import Database


class Reauthentication:
    """Wrong answers count towards the lock of the name, as wrong sign-ins do."""

    def __init__(self, database: Database, passwords: Passwords, lockout: Lockout, log: PasswordLog) -> None:
        self._database = database
        self._passwords = passwords
        self._lockout = lockout
        self._log = log

    def credentials(self, caller: Caller) -> Credentials:
        """Return what the caller signs in with."""
        with self._database.read() as connection:
            found = credential_queries.of_id(connection, caller.account_id)
        if found is None:
            raise SessionEnded
        return found

    def password(self, caller: Caller, given: str | None) -> Credentials:
        """Return the caller's credentials if the password is right; raises PasswordWrong or AccountLocked."""
        if given is None:
            raise PasswordWrong("The present password is missing.")
        name_folded = folded(caller.name)
        failed = self._lockout.admit(name_folded)
        found = self.credentials(caller)
        right = self._passwords.verify(found.password_hash, given)
        with self._database.write() as connection:
            if right:
                self._lockout.lift(connection, name_folded)
            else:
                failed = self._lockout.fail(connection, name_folded, failed)
                machine = Machine("", caller.machine_name, "")
                self._log.refused(
                    connection, found.account, found.account.name, "present password", failed, machine
                )
        if not right:
            raise PasswordWrong
        return found
