"""Passwords: argon2id hashes, and the policy for new ones."""

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from local_server.accounts.errors import PasswordWeak
from local_server.accounts.models import folded

SHORTEST: Final = 10
LONGEST: Final = 256

# A hash that no password has: verifying against it takes as long as against a person's own.
_NOBODY: Final = f"$argon2id$v=19$m=65536,t=3,p=4${'A' * 22}${'A' * 43}"

# Ten characters and more that head the lists of leaked passwords; shorter ones the length refuses anyway.
_COMMON: Final = """
0123456789 1234567890 12345678910 123456789a 1234567891 123123123123 1q2w3e4r5t 1q2w3e4r5t6y
1qaz2wsx3edc 9876543210 abcdefghij abcd123456 administrator changeme123 football123 iloveyou12
iloveyou123 letmein123 letmeinplease mypassword mypassword1 p@ssw0rd123 passw0rd123 password00
password01 password10 password12 password123 password1234 password12345 password123456 password1!
passwordpassword photography princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv qwerty12345
qwerty123456 qwertyuiop qwertyuiop123 qwertzuiop sunshine123 superman123 welcome123 welcome1234
zaq12wsxcde3
"""


class Passwords:
    """Hash and verify; at most two at a time, for each takes 64 MiB and every processor it gets."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)
        self._turn = threading.BoundedSemaphore(2)

    def hash(self, password: str) -> str:
        """Return the argon2id hash in its encoded form."""
        with self._turn:
            return self._hasher.hash(_normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Say whether the password is right; `None`, for nobody's, takes the same time and is wrong."""
        with self._turn:
            try:
                self._hasher.verify(stored or _NOBODY, _normal(password))
            except VerificationError:
                return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Say whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def check_policy(password: str, name: str, shortest: int = SHORTEST) -> None:
    """Raise PasswordWeak, saying why, unless the password is good enough for the account."""
    normal = _normal(password)
    if len(normal) < shortest:
        raise PasswordWeak(f"It has fewer than {shortest} characters.")
    if len(normal) > LONGEST:
        raise PasswordWeak(f"It has more than {LONGEST} characters.")
    if "\0" in normal:
        raise PasswordWeak("It holds a NUL character.")
    lowered = normal.casefold()
    if len(set(lowered)) < 4:
        raise PasswordWeak("It has fewer than four different characters.")
    if lowered in _COMMON.split():
        raise PasswordWeak("It is on the lists of passwords that are tried first.")
    own = folded(name)
    if own and (lowered.strip("0123456789!.-_ ") == own or (len(own) >= 4 and own in lowered)):
        raise PasswordWeak("It contains the name.")


def _normal(password: str) -> str:
    # The same letters typed on another keyboard may come composed or not (RFC 8265, section 4.2).
    return unicodedata.normalize("NFC", password)
