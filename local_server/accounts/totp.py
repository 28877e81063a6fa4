"""Time-based one-time codes (RFC 6238): which step a code belongs to."""

import hmac
from datetime import datetime
from typing import Final

import pyotp

STEP_SECONDS: Final = 30
# How many steps the clock of a phone may be off, either way.
DRIFT: Final = 1
DIGITS: Final = 6
ISSUER: Final = "VaultSecure Gallery"


def new_secret() -> str:
    """Return 160 random bits in base32."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """Return the otpauth address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(now: datetime) -> int:
    """Return the step that a moment is in."""
    return int(now.timestamp()) // STEP_SECONDS


def matched_step(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """Return the step whose code it is, within the drift and after the last one used, or None."""
    generator = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    present = step_of(now)
    found = None
    # Every step is compared, whichever fits: the time that it takes tells nothing.
    for step in range(max(present - DRIFT, 0), present + DRIFT + 1):
        same = hmac.compare_digest(generator.generate_otp(step).encode(), code.encode())
        if same and found is None and (last_step is None or step > last_step):
            found = step
    return found
