"""A mark id survives being written down and being embedded."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.errors import Rejection
from local_server.marks.identity import MarkId

VALUES = st.integers(0, 2**50 - 1)


@given(VALUES)
def test_text_and_payload_give_the_id_back(value: int) -> None:
    mark = MarkId(value)
    assert MarkId.from_text(mark.text) == mark
    assert MarkId.from_payload(mark.payload) == mark


@given(VALUES)
def test_it_is_written_in_groups_of_4_4_and_2(value: int) -> None:
    assert [len(group) for group in str(MarkId(value)).split("-")] == [4, 4, 2]


@given(VALUES, st.integers(1, 2**14 - 1))
def test_other_reserved_bits_are_no_id(value: int, reserved: int) -> None:
    assert MarkId.from_payload(MarkId(value).payload | reserved) is None


def test_the_way_people_write_does_not_matter() -> None:
    mark = MarkId.from_text("7KQ4-M2XD-01")
    assert MarkId.from_text(" 7kq4 m2xdoi\n") == mark
    assert MarkId.from_text("7KQ4M2XDOL") == mark


@pytest.mark.parametrize(
    "text", ["", "7KQ4-M2XD-9", "7KQ4-M2XD-9FF", "7KQ4-M2XD-9U", "7KQ4-M2XD-9é", "٣" * 10]
)
def test_anything_else_is_refused_with_advice(text: str) -> None:
    with pytest.raises(Rejection) as refusal:
        MarkId.from_text(text)
    assert refusal.value.code == "not_a_mark_id"
    assert "7KQ4-M2XD-9F" in refusal.value.advice


@pytest.mark.parametrize("value", [-1, 2**50])
def test_an_id_has_50_bits(value: int) -> None:
    with pytest.raises(ValueError, match="50 bits"):
        MarkId(value)


def test_new_ids_fill_the_range() -> None:
    drawn = [MarkId.new(secrets.randbits).value for _ in range(64)]
    assert len(set(drawn)) == 64
    assert max(drawn) > 2**48
