"""Signed tokens (JWT, HS256): access, grace, refresh and view, each for one audience of this installation."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import jwt

from local_server.accounts.errors import TokenExpired, TokenInvalid
from local_server.accounts.models import Narrow

ACCESS_LIFE: Final = timedelta(minutes=15)
REFRESH_LIFE: Final = timedelta(days=30)
VIEW_LIFE: Final = timedelta(seconds=60)
ALGORITHM: Final = "HS256"


@dataclass(frozen=True, slots=True)
class Access:
    """A checked access token; a narrow one, of a grace sign-in, is good for one thing alone."""

    account_id: str
    viewing_session_id: str
    expires_at: datetime
    narrow: Narrow | None = None


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token, checked or new; `id` is its row in the catalogue."""

    id: str
    family: str
    account_id: str
    viewing_session_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class View:
    """A checked view token: one picture, for one viewing session."""

    picture_id: str
    viewing_session_id: str


class Tokens:
    """Sign and check; nothing here knows whether a session is still alive."""

    def __init__(self, key: bytes, issuer: str, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._key_id = hashlib.sha256(b"key id" + key).hexdigest()[:8]
        self._issuer = issuer
        self._clock = clock

    def access(self, account_id: str, viewing_session_id: str) -> tuple[str, datetime]:
        """Return a new access token and when it expires."""
        return self._sign("access", ACCESS_LIFE, sub=account_id, sid=viewing_session_id, jti=uuid4().hex)

    def read_access(self, token: str) -> Access:
        """Raises TokenInvalid or TokenExpired."""
        claims = self._read("access", token, "sub", "sid", "jti")
        return Access(claims["sub"], claims["sid"], _moment(claims["exp"]))

    def grace(self, account_id: str, viewing_session_id: str, narrow: Narrow) -> tuple[str, datetime]:
        """Return a new access token that is good for one thing alone, and when it expires."""
        return self._sign(
            "grace", ACCESS_LIFE, sub=account_id, sid=viewing_session_id, jti=uuid4().hex, use=narrow.value
        )

    def read_any_access(self, token: str) -> Access:
        """Read an access token, narrow or not. Raises TokenInvalid or TokenExpired."""
        try:
            return self.read_access(token)
        except TokenInvalid:
            claims = self._read("grace", token, "sub", "sid", "jti", "use")
        try:
            narrow = Narrow(claims["use"])
        except ValueError:
            raise TokenInvalid from None
        return Access(claims["sub"], claims["sid"], _moment(claims["exp"]), narrow)

    def refresh(self, account_id: str, viewing_session_id: str, family: str) -> tuple[str, Refresh]:
        """Return a new refresh token of a family, and its row."""
        identifier = uuid4().hex
        token, expires_at = self._sign(
            "refresh", REFRESH_LIFE, sub=account_id, sid=viewing_session_id, jti=identifier, fam=family
        )
        return token, Refresh(identifier, family, account_id, viewing_session_id, expires_at)

    def read_refresh(self, token: str) -> Refresh:
        """Raises TokenInvalid or TokenExpired."""
        claims = self._read("refresh", token, "sub", "sid", "jti", "fam")
        return Refresh(claims["jti"], claims["fam"], claims["sub"], claims["sid"], _moment(claims["exp"]))

    def view(self, picture_id: str, viewing_session_id: str) -> str:
        """Return a token for one picture in one viewing session; it lives for VIEW_LIFE."""
        return self._sign("view", VIEW_LIFE, pid=picture_id, sid=viewing_session_id)[0]

    def read_view(self, token: str) -> View:
        """Raises TokenInvalid or TokenExpired."""
        claims = self._read("view", token, "pid", "sid")
        return View(claims["pid"], claims["sid"])

    def address(
        self, picture_id: str, viewing_session_id: str, rendition: str, life: timedelta
    ) -> tuple[str, datetime]:
        """Return a token that is all it takes to get one rendition once more, and when it expires."""
        return self._sign("address", life, pid=picture_id, sid=viewing_session_id, ren=rendition)

    def read_address(self, token: str) -> tuple[View, str]:
        """Return picture and session, and the rendition. Raises TokenInvalid or TokenExpired."""
        claims = self._read("address", token, "pid", "sid", "ren")
        return View(claims["pid"], claims["sid"]), claims["ren"]

    def _sign(self, audience: str, life: timedelta, **claims: str) -> tuple[str, datetime]:
        now = int(self._clock().timestamp())
        expires = now + int(life.total_seconds())
        token = jwt.encode(
            {"iss": self._issuer, "aud": audience, "iat": now, "exp": expires, **claims},
            self._key,
            algorithm=ALGORITHM,
            headers={"kid": self._key_id},
        )
        return token, _moment(expires)

    def _read(self, audience: str, token: str, *texts: str) -> dict[str, Any]:
        try:
            complete = jwt.decode_complete(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=self._issuer,
                # Expiry is checked below, against the clock we were given; issue times are our own.
                options={
                    "require": ["iss", "aud", "iat", "exp", *(t for t in texts if t in ("sub", "jti"))],
                    "verify_exp": False,
                    "verify_iat": False,
                    "strict_aud": True,
                },
            )
        except jwt.InvalidTokenError:
            raise TokenInvalid from None
        claims: dict[str, Any] = complete["payload"]
        if complete["header"].get("kid") != self._key_id:
            raise TokenInvalid
        if not all(isinstance(claims.get(name), str) for name in texts):
            raise TokenInvalid
        if not isinstance(claims["exp"], int) or isinstance(claims["exp"], bool):
            raise TokenInvalid
        if claims["exp"] <= self._clock().timestamp():
            raise TokenExpired
        return claims


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
