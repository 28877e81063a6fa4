"""Codes of RFC 6238: the steps that are taken, and that none is taken twice."""

from datetime import UTC, datetime

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.accounts import totp

SECRET = pyotp.random_base32()
# The secret of RFC 6238, appendix B, "12345678901234567890"; the last six of its eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
moments = st.integers(600, 4_000_000_000)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def code_at(step: int) -> str:
    return pyotp.TOTP(SECRET).generate_otp(step)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.matched_step(RFC_SECRET, code, moment(seconds), None) == seconds // 30


@given(moments, st.integers(-5, 5))
def test_a_clock_may_be_one_step_off_and_no_more(seconds: int, offset: int) -> None:
    step = seconds // 30 + offset
    near = {code_at(seconds // 30 + one) for one in (-1, 0, 1)}
    found = totp.matched_step(SECRET, code_at(step), moment(seconds), None)
    if abs(offset) <= 1:
        assert found is not None
        assert code_at(found) == code_at(step)
    else:
        assert (found is not None) == (code_at(step) in near)


@given(moments, st.integers(-3, 3), st.integers(-3, 3))
def test_no_step_is_taken_at_or_before_the_last(seconds: int, offset: int, last: int) -> None:
    now = seconds // 30
    found = totp.matched_step(SECRET, code_at(now + offset), moment(seconds), now + last)
    assert found is None or found > now + last


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 1)), max_size=30))
def test_whatever_is_typed_when_each_step_is_taken_once_and_in_order(
    typed: list[tuple[int, int]],
) -> None:
    seconds, last, taken = 1_700_000_000, None, []
    for pause, offset in typed:
        seconds += pause
        found = totp.matched_step(SECRET, code_at(seconds // 30 + offset), moment(seconds), last)
        if found is not None:
            last = found
            taken.append(found)
    assert taken == sorted(set(taken))


@given(st.text(max_size=12))
def test_no_text_breaks_it(text: str) -> None:
    found = totp.matched_step(SECRET, text, moment(1_700_000_000), None)
    assert found is None or len(text) == totp.DIGITS
