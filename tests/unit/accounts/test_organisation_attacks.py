"""A provider that lies, or that somebody else speaks for: what it says of a person does not hold."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local_server.accounts.organisation.errors import ProviderAway, ProviderUnusable, SignInRefused
from local_server.accounts.organisation.fetching import LONGEST, Fetching
from local_server.accounts.organisation.models import Person
from local_server.accounts.organisation.provider import Provider
from tests.support.false_provider import CLIENT, SUBJECT, FalseProvider, false_provider, new_key

REDIRECT = "http://127.0.0.1:49152/callback"
NONCE = "the nonce of this sign-in"


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return new_key()


@pytest.fixture(scope="module")
def stranger() -> RSAPrivateKey:
    return new_key()


@pytest.fixture
def false(key: RSAPrivateKey) -> Iterator[FalseProvider]:
    with false_provider(key) as provider:
        yield provider


def ours(
    false: FalseProvider,
    secret: str | None = None,
    others: tuple[str, ...] = (),
    monotonic: Callable[[], float] = time,
) -> Provider:
    fetching = Fetching(false.issuer, others, monotonic=monotonic)
    return Provider(false.issuer, CLIENT, secret, fetching, lambda: datetime.now(UTC), time)


def person(false: FalseProvider, **how: Any) -> Person:
    """Finish a sign-in; the false provider puts the code into the token as its nonce."""
    return ours(false, **how).person(NONCE, REDIRECT, "verifier", NONCE)


def refused(false: FalseProvider) -> str:
    with pytest.raises(SignInRefused) as refusal:
        person(false)
    return refusal.value.reason


def test_an_honest_one_is_believed(false: FalseProvider) -> None:
    false.claims = {"email": "a@example.org", "email_verified": True, "name": "Ada"}
    assert person(false) == Person(false.issuer, SUBJECT, "a@example.org", True, ("Ada",))
    (form,) = [form for path, form, _ in false.asked if path == "/token"]
    assert form == {
        "grant_type": "authorization_code",
        "code": NONCE,
        "redirect_uri": REDIRECT,
        "code_verifier": "verifier",
        "client_id": CLIENT,
    }


def test_the_other_algorithm_and_several_audiences_hold_too(false: FalseProvider) -> None:
    false.header = {"kid": "two"}
    false.claims = {"aud": ["another", CLIENT], "azp": CLIENT, "email": "a@example.org"}
    assert person(false).subject == SUBJECT
    false.header = {}
    assert person(false).subject == SUBJECT


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": [NONCE]}, "nonce"),
        ({"nonce": "\ud800"}, "nonce"),
        ({"sub": "a\0b"}, "subject"),
        ({"sub": "\ud800"}, "subject"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "claims"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["another"]}, "audience"),
        ({"aud": None}, "claims"),
        ({"aud": ["another", CLIENT]}, "authorised party"),
        ({"azp": "another"}, "authorised party"),
        ({"exp": int(time()) - 100}, "expired"),
        ({"exp": None}, "claims"),
        ({"exp": "9999999999"}, "times"),
        ({"exp": True}, "times"),
        ({"iat": int(time()) - 3600}, "times"),
        ({"iat": int(time()) + 3600}, "times"),
        ({"iat": None}, "claims"),
        ({"nbf": int(time()) + 3600}, "times"),
        ({"sub": None}, "claims"),
        ({"sub": ""}, "subject"),
        ({"sub": "s" * 256}, "subject"),
    ],
)
def test_claims_that_do_not_hold(false: FalseProvider, claims: dict[str, Any], reason: str) -> None:
    false.claims = claims
    assert reason in refused(false)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def no_algorithm(false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    return f"{_part({'alg': 'none', 'kid': 'one'})}.{_part(false.all_claims(NONCE))}."


def the_public_key_as_a_secret(false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    pem = false.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # PyJWT itself refuses to sign so; whoever forges does not use it.
    import hashlib
    import hmac

    body = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(false.all_claims(NONCE))}"
    digest = hmac.new(pem, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def another_hash(false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    return jwt.encode(false.all_claims(NONCE), false.key, algorithm="RS512", headers={"kid": "one"})


def a_strangers_key(false: FalseProvider, stranger: RSAPrivateKey) -> str:
    return jwt.encode(false.all_claims(NONCE), stranger, algorithm="RS256", headers={"kid": "one"})


def a_strangers_key_that_it_brings_along(false: FalseProvider, stranger: RSAPrivateKey) -> str:
    brought = jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
    headers = {"kid": "three", "jwk": brought, "jku": "https://evil.example/jwks"}
    return jwt.encode(false.all_claims(NONCE), stranger, algorithm="RS256", headers=headers)


def a_key_of_another_kind(false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    return jwt.encode(false.all_claims(NONCE), false.key, algorithm="RS256", headers={"kid": "two"})


def a_critical_header(false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    headers = {"kid": "one", "crit": ["b64"], "b64": True}
    return jwt.encode(false.all_claims(NONCE), false.key, algorithm="RS256", headers=headers)


def a_changed_claim(false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    header, _, signature = false.sign(false.all_claims(NONCE)).split(".")
    return f"{header}.{_part({**false.all_claims(NONCE), 'email': 'admin@example.org'})}.{signature}"


def five_parts(_false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    return f"{_part({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.a.b.c.d"


def endless(_false: FalseProvider, _stranger: RSAPrivateKey) -> str:
    return "a" * 40_000


@pytest.mark.parametrize(
    "forge",
    [
        no_algorithm,
        the_public_key_as_a_secret,
        another_hash,
        a_strangers_key,
        a_strangers_key_that_it_brings_along,
        a_key_of_another_kind,
        a_critical_header,
        a_changed_claim,
        five_parts,
        endless,
    ],
)
def test_a_forged_token(
    false: FalseProvider, stranger: RSAPrivateKey, forge: Callable[[FalseProvider, RSAPrivateKey], str]
) -> None:
    false.token = forge(false, stranger)
    assert "identity token" in refused(false)
    assert {path for path, _, _ in false.asked} <= {"/.well-known/openid-configuration", "/jwks", "/token"}


def test_a_short_key_signs_nothing(false: FalseProvider) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505  it is the short key that is tested
    listed = jwt.algorithms.RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True)
    body = json.dumps({"keys": [{**listed, "kid": "one"}]}).encode()
    false.answers["/jwks"] = (200, {}, body)
    false.key = weak
    with pytest.warns(UserWarning, match="below"):
        false.token = false.sign(false.all_claims(NONCE))
    assert "unknown key" in refused(false)


def test_two_keys_of_one_name_are_none(false: FalseProvider, stranger: RSAPrivateKey) -> None:
    listed = [
        {**jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "one"}
        for key in (false.key, stranger)
    ]
    false.answers["/jwks"] = (200, {}, json.dumps({"keys": listed}).encode())
    assert "unknown key" in refused(false)


@pytest.mark.parametrize("verified", ["true", 1, "yes", None, False, [True]])
def test_only_true_is_verified(false: FalseProvider, verified: object) -> None:
    false.claims = {"email": "a@example.org", "email_verified": verified}
    assert not person(false).verified


def test_the_address_may_come_from_the_user_information_of_the_same_person(false: FalseProvider) -> None:
    false.user_info = {"sub": SUBJECT, "email": "a@example.org", "email_verified": True, "iss": "evil"}
    false.claims = {"email_verified": False}
    assert person(false) == Person(false.issuer, SUBJECT, "a@example.org", True, ())
    false.user_info["sub"] = "somebody else"
    assert "somebody else" in refused(false)
    # Where the token tells the address, nobody else is asked.
    false.claims = {"email": "b@example.org"}
    told = person(false)
    assert (told.email, told.verified) == ("b@example.org", False)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": ["http://127.0.0.1"]},
        {"userinfo_endpoint": "http://localhost/userinfo"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "{issuer}@evil.example/"},
        {"authorization_endpoint": "{issuer}\\@evil.example/"},
        {"end_session_endpoint": "https://evil.example/"},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_description_that_leads_elsewhere(false: FalseProvider, change: dict[str, Any]) -> None:
    filled = {
        name: value.replace("{issuer}", false.issuer) if isinstance(value, str) else value
        for name, value in change.items()
    }
    false.metadata.update(filled)
    with pytest.raises(ProviderUnusable):
        ours(false).authorisation_url(REDIRECT, "s", "n", "c")
    assert [path for path, _, _ in false.asked] == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((302, {"Location": "/elsewhere"}, b"{}"), ProviderUnusable),
        ((404, {}, b"{}"), ProviderUnusable),
        ((200, {}, b"no json"), ProviderUnusable),
        ((200, {}, b"[" * 100_000), ProviderUnusable),
        ((200, {}, b"[]"), ProviderUnusable),
        ((200, {}, b" " * (LONGEST + 1)), ProviderUnusable),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), ProviderAway),
        ((503, {}, b""), ProviderAway),
    ],
)
def test_an_answer_that_is_none(
    false: FalseProvider, answer: tuple[int, dict[str, str], bytes], failure: type[Exception]
) -> None:
    false.answers["/.well-known/openid-configuration"] = answer
    provider = ours(false)
    with pytest.raises(failure):
        provider.metadata()
    assert [path for path, _, _ in false.asked] == ["/.well-known/openid-configuration"]
    # A failure is not kept: it is asked again once it is well.
    del false.answers["/.well-known/openid-configuration"]
    assert provider.metadata().issuer == false.issuer


def test_one_that_answers_too_slowly_is_not_waited_for(false: FalseProvider) -> None:
    minutes = count(0, 60)
    with pytest.raises(ProviderAway, match="slowly"):
        ours(false, monotonic=lambda: float(next(minutes))).metadata()


def test_a_secret_goes_where_the_provider_wants_it(false: FalseProvider) -> None:
    false.claims = {"email": "a@example.org"}
    person(false, secret="a:b c")
    _, form, headers = next(asked for asked in false.asked if asked[0] == "/token")
    assert "client_secret" not in form
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"vaultsecure:a%3Ab%20c").decode()
    false.asked.clear()
    false.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    person(false, secret="a:b c")
    _, form, headers = next(asked for asked in false.asked if asked[0] == "/token")
    assert form["client_secret"] == "a:b c"
    assert "Authorization" not in headers


def test_description_and_keys_are_kept(false: FalseProvider) -> None:
    false.claims = {"email": "a@example.org"}
    provider = ours(false)
    for _ in range(3):
        provider.person(NONCE, REDIRECT, "verifier", NONCE)
    asked = [path for path, _, _ in false.asked]
    assert asked.count("/.well-known/openid-configuration") == asked.count("/jwks") == 1
    assert asked.count("/token") == 3


def test_endpoints_at_named_hosts_are_its_own_too(false: FalseProvider) -> None:
    false.metadata["authorization_endpoint"] = "https://login.example/authorize?tenant=1"
    url = ours(false, others=("LOGIN.example",)).authorisation_url(REDIRECT, "s", "n", "c")
    assert url.startswith("https://login.example/authorize?tenant=1&response_type=code&")
