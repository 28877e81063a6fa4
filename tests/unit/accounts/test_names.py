"""Names: one form for people, one that finds look-alikes in case and width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.accounts.changes import checked_name
from local_server.accounts.errors import NameUnusable
from local_server.accounts.models import folded, readable


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ADA"),
        ("  Ada   Lovelace ", "ada lovelace"),
        ("Ａｄａ", "ada"),
        ("Straße", "STRASSE"),
        ("café", "CAFÉ"),
    ],
)
def test_names_that_differ_in_case_or_width_are_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(name: str) -> None:
    assert folded(folded(name)) == folded(name)
    assert folded(readable(name)) == folded(name)


@given(st.text(max_size=80))
def test_a_name_is_taken_as_shown_or_refused(name: str) -> None:
    try:
        shown = checked_name(name)
    except NameUnusable:
        return
    assert checked_name(shown) == shown
    assert 0 < len(shown) <= 64
    assert shown.isprintable()
    assert len(folded(shown)) <= 64
