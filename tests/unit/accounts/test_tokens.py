"""Tokens: what was signed comes back, for its use and its time alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.accounts.errors import TokenExpired, TokenInvalid
from local_server.accounts.tokens import ACCESS_LIFE, REFRESH_LIFE, VIEW_LIFE, Tokens, View
from tests.support.clock import Clock

KEY = bytes(range(32))


def tokens(clock: Clock, *, key: bytes = KEY, issuer: str = "here") -> Tokens:
    return Tokens(key, issuer, clock)


def test_an_access_token_lives_for_a_quarter_of_an_hour() -> None:
    clock = Clock()
    token, expires_at = tokens(clock).access("ada", "session")
    assert expires_at == clock.moment + ACCESS_LIFE
    assert tokens(clock).read_access(token).account_id == "ada"
    clock.forward(minutes=14, seconds=59)
    assert tokens(clock).read_access(token).viewing_session_id == "session"
    clock.forward(seconds=1)
    with pytest.raises(TokenExpired):
        tokens(clock).read_access(token)


def test_a_view_token_lives_for_a_minute_at_most() -> None:
    clock = Clock()
    token = tokens(clock).view("picture", "session")
    assert VIEW_LIFE.total_seconds() <= 60
    assert tokens(clock).read_view(token) == View("picture", "session")
    clock.forward(seconds=60)
    with pytest.raises(TokenExpired):
        tokens(clock).read_view(token)


def test_a_refresh_token_lives_for_thirty_days() -> None:
    clock = Clock()
    token, row = tokens(clock).refresh("ada", "session", "family")
    assert row.expires_at == clock.moment + REFRESH_LIFE
    assert tokens(clock).read_refresh(token) == row


def test_no_token_serves_for_another_use() -> None:
    clock = Clock()
    signer = tokens(clock)
    access, _ = signer.access("ada", "session")
    refresh, _ = signer.refresh("ada", "session", "family")
    view = signer.view("picture", "session")
    for read, others in (
        (signer.read_access, (refresh, view)),
        (signer.read_refresh, (access, view)),
        (signer.read_view, (access, refresh)),
    ):
        for other in others:
            with pytest.raises(TokenInvalid):
                read(other)


def test_another_key_or_installation_reads_nothing() -> None:
    clock = Clock()
    token, _ = tokens(clock).access("ada", "session")
    for other in (tokens(clock, key=bytes(32)), tokens(clock, issuer="there")):
        with pytest.raises(TokenInvalid):
            other.read_access(token)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens(Clock()).read_access(text)


@given(st.data())
def test_no_changed_letter_goes_unseen(data: st.DataObject) -> None:
    signer = tokens(Clock())
    token, _ = signer.access("ada", "session")
    # The last letter of a base64 part may hold bits that do not count; any other counts.
    place = data.draw(st.integers(0, len(token) - 2).filter(lambda at: token[at + 1] != "."))
    letter = data.draw(st.sampled_from("ABCxyz019-_.").filter(lambda other: other != token[place]))
    with pytest.raises(TokenInvalid):
        signer.read_access(token[:place] + letter + token[place + 1 :])
