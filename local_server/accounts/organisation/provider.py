"""The organisation's provider: what it says of itself, its keys, and the exchange of a code."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import jwt
from jwt import PyJWK

from local_server.accounts.organisation import id_token
from local_server.accounts.organisation.errors import ProviderUnusable, SignInRefused
from local_server.accounts.organisation.fetching import Fetching
from local_server.accounts.organisation.models import Metadata, Person

SCOPE: Final = "openid email profile"
KEPT_SECONDS: Final = 3600.0
_NAMES: Final = ("name", "preferred_username")


class Provider:
    """One provider, and our client there; its description and keys are kept for an hour."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str | None,
        fetching: Fetching,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._fetching = fetching
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._metadata: Metadata | None = None
        self._keys: list[PyJWK] = []
        self._good_until = 0.0

    def authorisation_url(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Return where the browser signs in. Raises ProviderAway or ProviderUnusable."""
        endpoint = self.metadata().authorization_endpoint
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": redirect_uri,
                "scope": SCOPE,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            },
            quote_via=quote,
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def person(self, code: str, redirect_uri: str, verifier: str, nonce: str) -> Person:
        """Exchange a code for who signed in. Raises SignInRefused, ProviderAway or ProviderUnusable."""
        metadata = self.metadata()
        answer = self._exchange(metadata, code, redirect_uri, verifier)
        claims = id_token.check(
            answer.get("id_token"),
            key_for=self._key,
            issuer=metadata.issuer,
            client_id=self._client_id,
            nonce=nonce,
            now=self._clock(),
        )
        # Some providers tell the address here only, as the standard has it for this way of signing in.
        access_token, told = answer.get("access_token"), claims
        if "email" not in claims and metadata.userinfo_endpoint and isinstance(access_token, str):
            told = self._userinfo(metadata.userinfo_endpoint, access_token, claims["sub"])
        # An address and whether it is verified are believed together, from one of the two.
        email, names = told.get("email"), [told.get(name) for name in _NAMES]
        return Person(
            metadata.issuer,
            claims["sub"],
            email if isinstance(email, str) and email.isprintable() else None,
            told.get("email_verified") is True,
            tuple(name for name in names if isinstance(name, str)),
        )

    def end_session_url(self) -> str | None:
        """Return where the browser signs out at the provider, if it has such a page."""
        endpoint = self.metadata().end_session_endpoint
        if endpoint is None:
            return None
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode({'client_id': self._client_id})}"

    def metadata(self) -> Metadata:
        """Return what the provider says of itself. Raises ProviderAway or ProviderUnusable."""
        with self._lock:
            if self._metadata is None or self._monotonic() > self._good_until:
                self._metadata = self._discover()
                self._keys = []
                self._good_until = self._monotonic() + KEPT_SECONDS
            return self._metadata

    def _discover(self) -> Metadata:
        status, found = self._fetching.json("GET", f"{self._issuer}/.well-known/openid-configuration")
        if status != 200:
            raise ProviderUnusable(f"It answered {status} when it was asked for its configuration.")
        issuer = found.get("issuer")
        # A slash at the end belongs to the name of some issuers; the setting is kept without one.
        if not isinstance(issuer, str) or issuer.removesuffix("/") != self._issuer:
            raise ProviderUnusable("It calls itself by another name than OIDC_ISSUER.")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        optional = ("userinfo_endpoint", "end_session_endpoint")
        for name in (*needed, *(name for name in optional if found.get(name) is not None)):
            if not self._fetching.allowed(found.get(name)):
                raise ProviderUnusable(f"Its {name} is missing, or at a host that is not its own.")
        if "S256" not in found.get("code_challenge_methods_supported", ["S256"]):
            raise ProviderUnusable("It does not support PKCE with S256.")
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        endpoints: dict[str, Any] = {name: found.get(name) for name in (*needed, *optional)}
        return Metadata(issuer=issuer, secret_in_body="client_secret_basic" not in methods, **endpoints)

    def _exchange(self, metadata: Metadata, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": self._client_id,
        }
        auth = None
        if self._client_secret is not None:
            if metadata.secret_in_body:
                form["client_secret"] = self._client_secret
            else:
                # RFC 6749, 2.3.1: both are form-encoded before they go into the header.
                auth = (quote(self._client_id, safe=""), quote(self._client_secret, safe=""))
        status, answer = self._fetching.json("POST", metadata.token_endpoint, form=form, auth=auth)
        if status != 200:
            said = answer.get("error")
            raise SignInRefused(f"code refused: {said if isinstance(said, str) else status}"[:80])
        return answer

    def _userinfo(self, endpoint: str, access_token: str, subject: str) -> dict[str, Any]:
        if not access_token.isascii() or not access_token.isprintable():
            raise SignInRefused("access token unreadable")
        headers = {"Authorization": f"Bearer {access_token}"}
        status, answer = self._fetching.json("GET", endpoint, headers=headers)
        if status != 200 or answer.get("sub") != subject:
            raise SignInRefused("user information of somebody else")
        return answer

    def _key(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """Return the key of an id; an unknown one is looked for once more, for providers change keys."""
        with self._lock:
            found = _chosen(self._keys, key_id, algorithm)
            if found is None:
                self._keys = self._fetch_keys()
                found = _chosen(self._keys, key_id, algorithm)
            return found

    def _fetch_keys(self) -> list[PyJWK]:
        assert self._metadata is not None  # noqa: S101  nobody asks for a key without having asked for it
        status, answer = self._fetching.json("GET", self._metadata.jwks_uri)
        listed = answer.get("keys")
        if status != 200 or not isinstance(listed, list):
            raise ProviderUnusable("It does not show its keys.")
        keys = []
        for entry in listed[:100]:
            if isinstance(entry, dict) and entry.get("use", "sig") == "sig":
                try:
                    keys.append(PyJWK.from_dict(entry))
                except jwt.PyJWTError:
                    continue  # of a kind that we know nothing of: so is what it signs
        return keys


def _chosen(keys: list[PyJWK], key_id: str | None, algorithm: str) -> PyJWK | None:
    kind = {"RS256": "RSA", "ES256": "EC"}[algorithm]
    fitting = [key for key in keys if key.key_type == kind and key.algorithm_name == algorithm]
    named = fitting if key_id is None else [key for key in fitting if key.key_id == key_id]
    return named[0] if len(named) == 1 else None
