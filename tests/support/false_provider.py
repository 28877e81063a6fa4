"""A provider of OpenID Connect that lies as a test wants it to; it checks nothing itself."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

CLIENT = "vaultsecure"
SUBJECT = "subject-1"


class FalseProvider:
    """Says what `metadata`, `claims`, `token` and `user_info` say."""

    def __init__(self, port: int, key: RSAPrivateKey) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = key
        self.curve = ec.generate_private_key(ec.SECP256R1())
        self.metadata: dict[str, Any] = {
            "issuer": self.issuer,
            **{
                f"{name}_endpoint": f"{self.issuer}/{name}"
                for name in ("authorization", "token", "userinfo", "end_session")
            },
            "jwks_uri": f"{self.issuer}/jwks",
            "code_challenge_methods_supported": ["S256"],
        }
        self.claims: dict[str, Any] = {"email": "viewer@example.org", "email_verified": True}
        self.header: dict[str, Any] = {"kid": "one"}
        self.user_info: dict[str, Any] = {}
        # In place of the signed claims, or of an answer altogether: path to (status, headers, body).
        self.token: str | None = None
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []

    @property
    def settings(self) -> dict[str, str]:
        """Return the variables by which our server finds it."""
        return {
            "OIDC_ISSUER": self.issuer,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_NAME": "Example",
            "OIDC_ALLOWED_DOMAINS": "example.org",
        }

    @property
    def jwks(self) -> dict[str, Any]:
        """Return the public keys as everybody may have them."""
        one = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        two = jwt.algorithms.ECAlgorithm.to_jwk(self.curve.public_key(), as_dict=True)
        return {"keys": [{**one, "kid": "one", "use": "sig"}, {**two, "kid": "two"}]}

    def all_claims(self, nonce: str) -> dict[str, Any]:
        """Return right claims, with what `claims` says instead; None takes one away."""
        now = int(time())
        right = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        return {name: value for name, value in {**right, **self.claims}.items() if value is not None}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return an ID token of these claims, with the key of the header's id."""
        if self.header.get("kid") == "two":
            return jwt.encode(claims, self.curve, algorithm="ES256", headers=self.header)
        return jwt.encode(claims, self.key, algorithm="RS256", headers=self.header)

    def answer(
        self, path: str, form: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Return what is sent for a request."""
        self.asked.append((path, form, headers))
        if path in self.answers:
            return self.answers[path]
        body: dict[str, Any] = {}
        if path == "/.well-known/openid-configuration":
            body = self.metadata
        elif path == "/jwks":
            body = self.jwks
        elif path == "/token":
            token = self.token or self.sign(self.all_claims(form["code"]))
            body = {"access_token": "a", "token_type": "Bearer", "id_token": token}
        elif path == "/userinfo":
            body = self.user_info
        return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


@contextmanager
def false_provider(key: RSAPrivateKey) -> Iterator[FalseProvider]:
    """Run one for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve({})

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._serve({name: values[0] for name, values in parse_qs(content).items()})

        def _serve(self, form: dict[str, str]) -> None:
            status, headers, body = provider.answer(self.path, form, dict(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = FalseProvider(server.server_port, key)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="false provider")
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def new_key() -> RSAPrivateKey:
    """Return a key to sign with."""
    return rsa.generate_private_key(65537, 2048)
