"""The check of an ID token (OpenID Connect Core 1.0, 3.1.3.7): by the provider, for us, for this sign-in."""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK

from local_server.accounts.organisation.errors import SignInRefused

ALGORITHMS: Final = frozenset({"RS256", "ES256"})
LEEWAY: Final = 60.0
OLDEST: Final = 600.0
LONGEST: Final = 32 * 1024
_SHORTEST_RSA: Final = 2048


def check(
    token: object,
    *,
    key_for: Callable[[str | None, str], PyJWK | None],
    issuer: str,
    client_id: str,
    nonce: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the claims of a token that holds; raises SignInRefused, whose reason names what does not.

    `key_for` returns the provider's key of an id and an algorithm.
    """
    if not isinstance(token, str) or len(token) > LONGEST:
        raise SignInRefused("no identity token")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise SignInRefused("identity token unreadable") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise SignInRefused("identity token signed with another algorithm")
    if header.get("crit") is not None or not (key_id is None or isinstance(key_id, str)):
        raise SignInRefused("identity token header")
    key = key_for(key_id, algorithm)
    if key is None or not _fits(key, algorithm):
        raise SignInRefused("identity token signed with an unknown key")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=client_id,
            # Times are checked below, against the clock we were given.
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidSignatureError:
        raise SignInRefused("identity token signature") from None
    except jwt.InvalidIssuerError:
        raise SignInRefused("identity token issuer") from None
    except jwt.InvalidAudienceError:
        raise SignInRefused("identity token audience") from None
    except jwt.PyJWTError:
        raise SignInRefused("identity token claims") from None
    _check_party(claims, client_id)
    _check_times(claims, now.timestamp())
    told = claims.get("nonce")
    # A text from JSON may have half of a surrogate pair.
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(errors="replace"), nonce.encode()):
        raise SignInRefused("identity token nonce")
    subject = claims["sub"]
    # ASCII, says the standard; and what does not print is nothing that a database takes.
    plain = isinstance(subject, str) and subject.isascii() and subject.isprintable()
    if not plain or not 0 < len(subject) <= 255:
        raise SignInRefused("identity token subject")
    return claims


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    audience, party = claims["aud"], claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (several and party is None) or (party is not None and party != client_id):
        raise SignInRefused("identity token authorised party")


def _check_times(claims: dict[str, Any], now: float) -> None:
    times = [claims["exp"], claims["iat"], claims.get("nbf", 0)]
    if not all(isinstance(time, int | float) and not isinstance(time, bool) for time in times):
        raise SignInRefused("identity token times")
    expires, issued, not_before = times
    if expires + LEEWAY <= now:
        raise SignInRefused("identity token expired")
    if not now - OLDEST - LEEWAY <= issued <= now + LEEWAY or not_before > now + LEEWAY:
        raise SignInRefused("identity token times")


def _fits(key: PyJWK, algorithm: str) -> bool:
    public = key.key
    if algorithm == "RS256":
        return isinstance(public, RSAPublicKey) and public.key_size >= _SHORTEST_RSA
    return isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1)
