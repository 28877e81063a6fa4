"""When a password is due, and what alone a sign-in is good for then."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.accounts.errors import PasswordWeak
from local_server.accounts.models import Account, Credentials, Narrow, Role, Sees
from local_server.accounts.policy import Policy

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
roles = st.sampled_from(Role)


def credentials(
    role: Role = Role.VIEWER, *, age: timedelta = timedelta(0), must: bool = False, factor: bool = False
) -> Credentials:
    account = Account("a", "Ada", role, Sees.LIBRARY, None, NOW, None)
    return Credentials(account, "hash", NOW - age, must, "sealed" if factor else None, NOW, None)


@given(st.integers(1, 3650), st.integers(0, 4000 * 86_400))
def test_a_password_expires_at_its_age_to_the_second_and_never_comes_back(days: int, seconds: int) -> None:
    policy = Policy(max_age=timedelta(days=days))
    held = credentials(age=timedelta(seconds=seconds))
    assert policy.expired(held, NOW) == (seconds >= days * 86_400)
    if policy.expired(held, NOW):
        assert policy.expired(held, NOW + timedelta(seconds=1))
    end = policy.expires_at(held.password_changed_at)
    assert end is not None
    assert policy.expired(held, end)
    assert not policy.expired(held, end - timedelta(microseconds=1))


@given(st.integers(0, 4000))
def test_without_an_age_nothing_expires(days: int) -> None:
    assert not Policy().expired(credentials(age=timedelta(days=days)), NOW)


@given(roles, st.sets(roles), st.booleans(), st.booleans(), st.booleans())
def test_a_sign_in_is_whole_only_where_nothing_is_due(
    role: Role, needing: set[Role], must: bool, expired: bool, factor: bool
) -> None:
    policy = Policy(max_age=timedelta(days=1), second_factor_roles=frozenset(needing))
    held = credentials(role, age=timedelta(days=2 if expired else 0), must=must, factor=factor)
    narrow = policy.narrowing(held, NOW)
    if must or expired:
        assert narrow is Narrow.CHANGE
    elif role in needing and not factor:
        assert narrow is Narrow.SECOND_FACTOR
    else:
        assert narrow is None


@given(st.integers(8, 64), st.text(alphabet="abcdefgh", min_size=1, max_size=80))
def test_no_password_is_taken_that_is_shorter_than_the_setting(shortest: int, password: str) -> None:
    try:
        Policy(shortest=shortest).check(password, "Zoë")
    except PasswordWeak:
        return
    assert len(password) >= shortest


def test_a_password_that_is_long_enough_by_the_setting_is_taken() -> None:
    Policy(shortest=8).check("wet gees", "Ada")
    with pytest.raises(PasswordWeak, match="fewer than 20"):
        Policy(shortest=20).check("seven wet geese", "Ada")
