"""The exit PIN: kept as a hash in a file of the administrator, and asked for with growing pauses."""

import hashlib
import hmac
import math
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SHORTEST, LONGEST = 4, 12
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
_N, _R, _P = 2**14, 8, 1
_MARK = "scrypt"


class Verdict(NamedTuple):
    """Whether the PIN was right, and for how many seconds none will be taken."""

    right: bool
    wait_s: int = 0


def acceptable(pin: str) -> bool:
    """Say whether these letters can be a PIN: digits, neither too few nor too many."""
    return SHORTEST <= len(pin) <= LONGEST and pin.isascii() and pin.isdigit()


def hashed(pin: str) -> str:
    """Return what the file holds of a PIN."""
    salt = secrets.token_bytes(16)
    return f"{_MARK} {salt.hex()} {_derived(pin, salt).hex()}\n"


def write(path: Path, pin: str) -> None:
    """Keep a PIN in a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)
        file.write(hashed(pin))


def matches(pin: str, stored: str) -> bool:
    """Say whether this is the PIN of a file's content; raises ValueError where that is no PIN's."""
    mark, salt, digest = stored.split()
    if mark != _MARK:
        raise ValueError("not the hash of a PIN")
    return hmac.compare_digest(_derived(pin, bytes.fromhex(salt)), bytes.fromhex(digest))


class Tries:
    """Judges PINs; each wrong one doubles the pause before the next is looked at."""

    def __init__(self, stored: str, clock: Callable[[], float]) -> None:
        self._stored = stored
        self._clock = clock
        self._pause = FIRST_PAUSE_S
        self._until = -math.inf

    def judge(self, pin: str) -> Verdict:
        """Judge a PIN; during a pause none is right, and none makes the pause longer."""
        left = self._until - self._clock()
        if left > 0:
            return Verdict(right=False, wait_s=math.ceil(left))
        if acceptable(pin) and matches(pin, self._stored):
            self._pause = FIRST_PAUSE_S
            return Verdict(right=True)
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE_S)
        self._until = self._clock() + pause
        return Verdict(right=False, wait_s=math.ceil(pause))


def _derived(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
