"""The proof of a second factor: a code of the authenticator, or a recovery code, each good once."""

import base64
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from local_server.accounts import credential_queries, totp
from local_server.accounts.codes import code_hash
from local_server.accounts.models import Credentials
from local_server.storage.sealing import Sealer


class Proof(StrEnum):
    """What came of asking for a second factor."""

    NOT_NEEDED = "not needed"
    MISSING = "missing"
    WRONG = "wrong"
    CODE = "code"
    RECOVERY_CODE = "recovery code"


ACCEPTED: Final = frozenset({Proof.NOT_NEEDED, Proof.CODE, Proof.RECOVERY_CODE})


class Proofs:
    """Opens the sealed secrets; writes what was used up in the caller's transaction."""

    def __init__(self, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._sealer = sealer
        self._clock = clock

    def prove(self, connection: Connection, credentials: Credentials, given: str | None) -> Proof:
        """Look at what somebody typed; the credentials must be read in this very transaction."""
        if not credentials.second_factor_on or credentials.totp_sealed is None:
            return Proof.NOT_NEEDED
        if given is None:
            return Proof.MISSING
        account_id = credentials.account.id
        digits = given.replace(" ", "")
        if len(digits) == totp.DIGITS and digits.isascii() and digits.isdecimal():
            secret = self.opened(account_id, credentials.totp_sealed)
            step = totp.matched_step(secret, digits, self._clock(), credentials.totp_last_step)
            taken = step is not None and credential_queries.take_step(connection, account_id, step)
            return Proof.CODE if taken else Proof.WRONG
        hashed = code_hash(account_id, given)
        used = credential_queries.use_recovery_code(connection, account_id, hashed, self._clock())
        return Proof.RECOVERY_CODE if used else Proof.WRONG

    def sealed(self, account_id: str, secret: str) -> str:
        """Return a secret as it is stored, bound to its account."""
        return base64.b64encode(self._sealer.seal(_name(account_id), secret.encode())).decode()

    def opened(self, account_id: str, sealed: str) -> str:
        """Return the secret; raises BlobDamaged where it is not as it was sealed."""
        return self._sealer.open(_name(account_id), base64.b64decode(sealed)).decode()


def _name(account_id: str) -> str:
    return f"totp/{account_id}"
