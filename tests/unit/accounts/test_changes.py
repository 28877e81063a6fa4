"""What a change of an account amounts to: rights that shrink, and addresses in one form."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.accounts.changes import Change, checked_email, shrinks
from local_server.accounts.errors import EmailUnusable
from local_server.accounts.models import (
    CURATES,
    LOOKS_AT_PICTURES,
    READS_RECORDS,
    Account,
    Role,
    Sees,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
accounts = st.builds(
    Account,
    st.just("a"),
    st.just("Ada"),
    st.sampled_from(Role),
    st.sampled_from(Sees),
    st.none(),
    st.just(NOW),
    st.sampled_from([None, NOW]),
)


def rights(account: Account) -> set[str]:
    if account.disabled_at is not None:
        return set()
    groups = {"looks": LOOKS_AT_PICTURES, "curates": CURATES, "reads": READS_RECORDS, "admin": {Role.ADMIN}}
    held = {name for name, roles in groups.items() if account.role in roles}
    return held | ({"library"} if account.sees is Sees.LIBRARY else set())


@given(accounts, accounts)
def test_sessions_end_wherever_a_right_is_lost(before: Account, after: Account) -> None:
    if rights(before) - rights(after):
        assert shrinks(before, after)


@given(accounts)
def test_what_stays_as_it_is_shrinks_nothing_but_what_is_closed(account: Account) -> None:
    assert Change().applied(account, NOW) == account
    assert shrinks(account, account) == (account.disabled_at is not None)


@given(accounts)
def test_more_rights_end_no_session(account: Account) -> None:
    open_account = replace(account, disabled_at=None)
    most = replace(open_account, role=Role.ADMIN, sees=Sees.LIBRARY)
    assert not shrinks(open_account, most)


@given(st.text(max_size=300))
def test_an_address_has_one_form_or_is_refused(text: str) -> None:
    try:
        plain = checked_email(text)
    except EmailUnusable:
        return
    assert plain is not None
    assert checked_email(plain) == plain
    assert plain == plain.casefold()
    assert " " not in plain
    assert len(plain) <= 254


@pytest.mark.parametrize("text", ["", "@", "a@", "@b.c", "a@b", "a b@c.d", "a@b.c\x00d", "a@." * 90])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(EmailUnusable):
        checked_email(text)


def test_none_is_no_address() -> None:
    assert checked_email(None) is None
