"""The lock on a name: when it comes, how it grows, and when it goes."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_server.accounts.errors import AccountLocked
from local_server.accounts.lockout import FREE_ATTEMPTS, LONGEST_LOCK, PENDING, Lockout, lock_after
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from tests.support.clock import Clock


def guess(database: Database, lockout: Lockout, name: str = "ada") -> int:
    """Guess wrong, and return what was counted."""
    counted = lockout.admit(name)
    with database.write() as connection:
        assert lockout.fail(connection, name, counted) == counted
    return counted


@given(st.integers(min_value=0, max_value=10_000))
def test_a_lock_never_shrinks_and_has_an_end(failed: int) -> None:
    now, then = lock_after(failed), lock_after(failed + 1)
    assert (now is None) == (failed < FREE_ATTEMPTS)
    if now is not None:
        assert then is not None
        assert timedelta(seconds=30) <= now <= then <= LONGEST_LOCK


def test_after_the_lock_one_more_failure_doubles_it(database: Database) -> None:
    clock = Clock()
    lockout = Lockout(database, clock)
    for _ in range(FREE_ATTEMPTS):
        guess(database, lockout)
    with pytest.raises(AccountLocked) as first:
        lockout.admit("ada")
    assert first.value.facts["retry_after"] == 30
    clock.forward(seconds=29)
    with pytest.raises(AccountLocked) as still:
        lockout.admit("ada")
    assert still.value.facts["retry_after"] == 1
    clock.forward(seconds=1)
    assert guess(database, lockout) == FREE_ATTEMPTS + 1
    with pytest.raises(AccountLocked) as second:
        lockout.admit("ada")
    assert second.value.facts["retry_after"] == 60


def test_a_success_takes_all_failures_back(database: Database) -> None:
    clock = Clock()
    lockout = Lockout(database, clock)
    for _ in range(FREE_ATTEMPTS - 1):
        lockout.admit("ada")
    with database.write() as connection:
        lockout.lift(connection, "ada")
    assert lockout.admit("ada") == 1


def test_failures_are_forgotten_after_a_day(database: Database) -> None:
    clock = Clock()
    lockout = Lockout(database, clock)
    for _ in range(FREE_ATTEMPTS - 1):
        lockout.admit("ada")
    clock.forward(hours=24, seconds=1)
    assert lockout.admit("ada") == 1


def test_names_do_not_lock_each_other(database: Database) -> None:
    lockout = Lockout(database, Clock())
    for _ in range(FREE_ATTEMPTS):
        lockout.admit("ada")
    assert lockout.admit("grace") == 1


@settings(max_examples=15)
@given(st.lists(st.sampled_from(["guess", "half", "wait"]), max_size=40))
def test_a_half_proved_sign_in_gives_back_its_own_attempt_and_no_other(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = DataDirectory(Path(folder))
        data.prepare()
        known = open_catalogue(data)
        clock = Clock()
        lockout = Lockout(known, clock)
        guesses = 0
        try:
            for step in steps:
                if step == "wait":
                    clock.forward(seconds=LONGEST_LOCK.total_seconds())
                    continue
                try:
                    counted = lockout.admit("ada")
                except AccountLocked:
                    assert guesses >= FREE_ATTEMPTS
                    continue
                assert counted == guesses + 1
                if step == "guess":
                    guesses += 1
                    with known.write() as connection:
                        assert lockout.fail(connection, "ada", counted) == guesses
                else:
                    with known.write() as connection:
                        lockout.give_back(connection, "ada")
        finally:
            known.close()


def test_who_shares_an_account_waits_a_moment_and_is_not_locked_out(database: Database) -> None:
    lockout = Lockout(database, Clock())
    counted = [lockout.admit("ada") for _ in range(FREE_ATTEMPTS)]
    with pytest.raises(AccountLocked) as sixth:
        lockout.admit("ada")
    assert sixth.value.facts["retry_after"] == PENDING.total_seconds()
    with database.write() as connection:
        lockout.lift(connection, "ada")
        assert lockout.fail(connection, "ada", counted[-1]) == 1
    assert lockout.admit("ada") == 2


def test_a_burst_of_guesses_locks_as_long_as_guesses_in_a_row(database: Database) -> None:
    clock = Clock()
    lockout = Lockout(database, clock)
    counted = [lockout.admit("ada") for _ in range(FREE_ATTEMPTS)]
    for one in reversed(counted):
        with database.write() as connection:
            lockout.fail(connection, "ada", one)
    clock.forward(seconds=29)
    with pytest.raises(AccountLocked):
        lockout.admit("ada")


def test_a_half_proved_sign_in_ends_no_lock_that_a_guess_has_earned(database: Database) -> None:
    clock = Clock()
    lockout = Lockout(database, clock)
    counted = [lockout.admit("ada") for _ in range(FREE_ATTEMPTS)]
    with database.write() as connection:
        lockout.fail(connection, "ada", counted[-1])
        lockout.give_back(connection, "ada")
    clock.forward(seconds=20)
    with pytest.raises(AccountLocked):
        lockout.admit("ada")
