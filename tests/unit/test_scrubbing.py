"""What is taken out of reports of errors, by the desktop and again by the server."""

import json
import secrets
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.client import scrubbing as desktop
from local_server import scrubbing as server

Scrub = Callable[[str], str]
BOTH = pytest.mark.parametrize("scrub", [desktop.scrubbed, server.scrubbed], ids=["desktop", "server"])
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@BOTH
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def", "abc.def"),
        (f"the token {SIGNED} was refused", SIGNED),
        ("GET http://127.0.0.1:4/api/secure/image/1/view?token=abcdef&size=9", "abcdef"),
        ("GET /view?view_token=abcdef", "abcdef"),
        ("{'password': 'seven wet geese', 'name': 'anna'}", "geese"),
        ('{"password": "seven wet geese"}', "geese"),
        ("PASSWORD=hunter2", "hunter2"),
        ("passphrase : hunter2", "hunter2"),
        ("api-key=hunter2;", "hunter2"),
        ("postgresql://vault:hunter2@db/vault", "hunter2"),
        ("redis://:hunter2@host:6379/0", "hunter2"),
        ("asked by anna.b+c@example.org, who", "anna"),
        ("/home/annabell/Pictures/x.jpg", "annabell"),
        ("/Users/annabell/Pictures", "annabell"),
        (r"C:\Users\annabell\Pictures", "annabell"),
        (r"'C:\\Users\\annabell\\Pictures'", "annabell"),
        ("X-Launch-Secret: k3", "k3"),
    ],
)
def test_what_is_secret_or_personal_goes(scrub: Scrub, text: str, secret: str) -> None:
    assert secret in text
    assert secret not in scrub(text)


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "The picture 0123456789abcdef0123456789abcdef is not ready.",
        "KeyError: 'folder'",
        'File "/usr/lib/python3.11/asyncio/base_events.py", line 607, in run_until_complete',
        "sha256 " + "0f" * 32,
        "127.0.0.1:41234 answered 503",
        "north by compass: 12°",
    ],
)
def test_what_helps_stays(scrub: Scrub, text: str) -> None:
    assert scrub(text) == text


@BOTH
def test_a_random_secret_goes_by_its_form(scrub: Scrub) -> None:
    for _ in range(2000):
        secret = secrets.token_urlsafe(32)
        assert secret not in scrub(f"it was {secret} then")


@BOTH
def test_a_long_name_of_several_words_stays(scrub: Scrub) -> None:
    text = "QAbstractItemModelReplicaImplementationPrivate failed"
    assert scrub(text) == text


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 20_000,
        "a" * 60_000,
        "a@" * 30_000,
        "token=" * 10_000,
        "://:" * 15_000,
        "a." * 30_000,
        "'" * 60_000,
    ],
)
def test_nobody_makes_it_take_long(scrub: Scrub, text: str) -> None:
    before = time.process_time()
    scrub(text)
    # A pattern that looks at everything again from every place would take minutes.
    assert time.process_time() - before < 20


@BOTH
@given(st.text())
def test_no_text_breaks_it(scrub: Scrub, text: str) -> None:
    assert isinstance(scrub(text), str)


def test_the_server_takes_out_what_it_knows() -> None:
    assert server.scrubbed("it is sssss.", ["sssss"]) == "it is [redacted]."


@given(st.text())
def test_what_is_escaped_prints(text: str) -> None:
    assert server.escaped(text).isprintable()
    kept = server.escaped(text, keep="\n")
    assert kept.replace("\n", "").isprintable()
    json.dumps(kept).encode()
