"""One-time codes: random enough, and the same however they are typed."""

import re

from hypothesis import given
from hypothesis import strategies as st

from local_server.accounts.codes import code_hash, new_code


def test_a_code_has_eighty_bits_in_four_groups() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}", code) for code in codes)
    # Every letter of base32 turns up: five bits each.
    assert len(set("".join(codes))) == 32 + 1


@given(st.data())
def test_a_code_is_known_however_it_is_typed(data: st.DataObject) -> None:
    code = new_code()
    typed = "".join(
        data.draw(st.sampled_from([letter, letter.lower()])) + data.draw(st.sampled_from(["", " ", "-"]))
        for letter in code.replace("-", "")
    )
    assert code_hash("ada", typed) == code_hash("ada", code)
    alike = code.translate(str.maketrans("OIB", "018"))
    assert code_hash("ada", alike) == code_hash("ada", code)


@given(st.text(max_size=64))
def test_no_text_breaks_the_hash_and_accounts_differ(text: str) -> None:
    hashed = code_hash("ada", text)
    assert re.fullmatch("[0-9a-f]{64}", hashed)
    assert hashed != code_hash("grace", text)
