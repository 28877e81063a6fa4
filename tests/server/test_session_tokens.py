"""Tokens that are expired, forged or meant for something else get nothing."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.support.server import Server
from tests.support.tokens import ago, assembled, parts, signer, unsigned

Forge = Callable[[Server, str], str]


def none_algorithm(_server: Server, token: str) -> str:
    return unsigned(token)


def none_in_capitals_with_signature(_server: Server, token: str) -> str:
    header, claims, signature = parts(token)
    return assembled({**header, "alg": "NONE"}, claims, signature)


def wrong_key(_server: Server, token: str) -> str:
    header, claims, _ = parts(token)
    return jwt.encode(claims, b"k" * 32, algorithm="HS256", headers={"kid": header["kid"]})


def other_algorithm(server: Server, token: str) -> str:
    header, claims, _ = parts(token)
    return _signed(server, claims, headers={"kid": header["kid"]}, algorithm="HS512")


def other_role(_server: Server, token: str) -> str:
    header, claims, signature = parts(token)
    return assembled(header, {**claims, "sub": "0" * 32}, signature)


def cut_signature(_server: Server, token: str) -> str:
    return token[:-4]


def no_key_id(server: Server, token: str) -> str:
    return _signed(server, parts(token)[1])


def refresh_for_access(server: Server, _token: str) -> str:
    token = server.signed_in("viewer").session["refresh_token"]
    assert isinstance(token, str)
    return token


def view_for_access(server: Server, token: str) -> str:
    return signer(server.data, ago(seconds=0)).view("0" * 32, parts(token)[1]["sid"])


def other_installation(server: Server, token: str) -> str:
    header, claims, _ = parts(token)
    return _signed(server, {**claims, "iss": "another"}, headers={"kid": header["kid"]})


def list_of_audiences(server: Server, token: str) -> str:
    header, claims, _ = parts(token)
    return _signed(server, {**claims, "aud": ["view", "access"]}, headers={"kid": header["kid"]})


def never_expires(server: Server, token: str) -> str:
    header, claims, _ = parts(token)
    claims.pop("exp")
    return _signed(server, claims, headers={"kid": header["kid"]})


def expiry_no_number(server: Server, token: str) -> str:
    header, claims, _ = parts(token)
    return _signed(server, {**claims, "exp": "9999999999"}, headers={"kid": header["kid"]})


def unknown_session(server: Server, token: str) -> str:
    return signer(server.data, ago(seconds=0)).access(parts(token)[1]["sub"], "f" * 32)[0]


def other_persons_session(server: Server, token: str) -> str:
    other = server.signed_in("admin").session["account"]["id"]
    return signer(server.data, ago(seconds=0)).access(other, parts(token)[1]["sid"])[0]


def not_a_token(_server: Server, _token: str) -> str:
    return "not.a.token"


def _signed(server: Server, claims: dict[str, Any], **how: Any) -> str:
    from local_server.storage.keys import Keys

    key = Keys.open(server.data, None).derive("tokens")
    return jwt.encode(claims, key, **{"algorithm": "HS256", **how})


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # HS512 with our 32 bytes
@pytest.mark.parametrize(
    "forge",
    [
        none_algorithm,
        none_in_capitals_with_signature,
        wrong_key,
        other_algorithm,
        other_role,
        cut_signature,
        no_key_id,
        refresh_for_access,
        view_for_access,
        other_installation,
        list_of_audiences,
        never_expires,
        expiry_no_number,
        unknown_session,
        other_persons_session,
        not_a_token,
    ],
)
def test_a_forged_access_token_is_refused(server: Server, forge: Forge) -> None:
    client = server.signed_in("viewer")
    forged = forge(server, client.session["access_token"])
    client.headers["Authorization"] = f"Bearer {forged}"
    answer = client.get("/session")
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_invalid"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert forged not in answer.text


def test_an_expired_access_token_is_told_from_a_forged_one(server: Server) -> None:
    client = server.signed_in("viewer")
    _, claims, _ = parts(client.session["access_token"])
    old, _ = signer(server.data, ago(minutes=15, seconds=1)).access(claims["sub"], claims["sid"])
    client.headers["Authorization"] = f"Bearer {old}"
    answer = client.get("/session")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_an_expired_refresh_token_is_refused(server: Server) -> None:
    client = server.signed_in("viewer")
    _, claims, _ = parts(client.session["refresh_token"])
    old, _ = signer(server.data, ago(days=30, seconds=1)).refresh(claims["sub"], claims["sid"], claims["fam"])
    answer = client.post(
        "/session/refresh",
        json={"refresh_token": old, "machine": {"id": "test-machine", "name": "x", "client": "cli"}},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic dmlld2VyOnB3", "Bearer a b"])
def test_a_header_without_a_token_is_no_sign_in(server: Server, header: str) -> None:
    answer = server.client().get("/session", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] in ("token_missing", "token_invalid")
