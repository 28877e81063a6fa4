"""The password policy, and hashes that tell nothing."""

import pytest

from local_server.accounts.errors import PasswordWeak
from local_server.accounts.passwords import _NOBODY, Passwords, check_policy


@pytest.mark.parametrize(
    "password", ["seven wet geese", "Tr0ub4dor&3x", "Ünïcödé wörds", "1815-ada-is-in-here", "пароль из слов"]
)
def test_a_good_password_is_taken(password: str) -> None:
    check_policy(password, "Ada")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "ninechars",
        "aaaaaaaaaaaaaaaa",
        "ababababababab",
        "Password123",
        "QWERTYUIOP",
        "x" * 257,
        "seven\0wet geese",
    ],
)
def test_a_weak_one_is_refused(password: str) -> None:
    with pytest.raises(PasswordWeak):
        check_policy(password, "Ada")


@pytest.mark.parametrize("name", ["Lovelace", "LOVELACE", "ｌｏｖｅｌａｃｅ"])
def test_the_name_in_it_makes_it_weak(name: str) -> None:
    with pytest.raises(PasswordWeak, match="name"):
        check_policy("my-lovelace-1815", name)


def test_a_hash_fits_its_password_alone() -> None:
    passwords = Passwords()
    stored = passwords.hash("seven wet geese")
    assert stored.startswith("$argon2id$")
    assert passwords.verify(stored, "seven wet geese")
    assert not passwords.verify(stored, "seven wet goose")
    assert not passwords.outdated(stored)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    passwords = Passwords()
    assert passwords.verify(passwords.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")


def test_nobodys_password_takes_the_work_of_anybodys_and_is_wrong() -> None:
    passwords = Passwords()
    # The same parameters: the same memory and passes, whatever the machine.
    assert not passwords.outdated(_NOBODY)
    assert not passwords.verify(None, "seven wet geese")
    assert not passwords.verify(None, "")
