"""The parts of this room, put together: what the server and the command line build alike."""

import secrets
from collections.abc import Callable
from datetime import datetime

from local_server.accounts.audit import Audit
from local_server.accounts.exemptions import Exemptions
from local_server.accounts.lockout import Lockout
from local_server.accounts.password_changes import PasswordChanges
from local_server.accounts.password_log import PasswordLog
from local_server.accounts.passwords import Passwords
from local_server.accounts.people import People
from local_server.accounts.policy import Policy
from local_server.accounts.presence import Presence
from local_server.accounts.proofs import Proofs
from local_server.accounts.reauthentication import Reauthentication
from local_server.accounts.reset_codes import ResetCodes
from local_server.accounts.second_factors import SecondFactors
from local_server.accounts.service import Accounts
from local_server.accounts.sessions import Sessions
from local_server.accounts.tokens import Tokens
from local_server.database.engine import Database
from local_server.storage.sealing import Sealer


class AccountsRoom:
    """Everything about people, on one database."""

    def __init__(
        self,
        database: Database,
        tokens: Tokens,
        sealer: Sealer,
        audit: Audit,
        policy: Policy,
        clock: Callable[[], datetime],
        passwords: Passwords | None = None,
        randbits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        passwords = passwords or Passwords()
        lockout = Lockout(database, clock)
        log = PasswordLog(audit, clock)
        proofs = Proofs(sealer, clock)
        again = Reauthentication(database, passwords, lockout, log)
        codes = ResetCodes(log, clock)
        self.database = database
        self.presence = Presence(database, clock)
        self.accounts = Accounts(database, passwords, audit, clock, policy)
        self.people = People(database, policy, clock)
        self.exemptions = Exemptions(database, audit, clock)
        self.sessions = Sessions(
            database, tokens, passwords, lockout, self.presence, audit, clock, policy, proofs, randbits
        )
        self.changes = PasswordChanges(
            database, self.sessions, passwords, lockout, again, codes, log, policy, clock
        )
        self.second_factors = SecondFactors(database, self.sessions, proofs, lockout, again, log, clock)
