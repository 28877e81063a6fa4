"""API keys over time: they end, their last use is written lazily, and there are not too many."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from local_server.accounts.api_keys.errors import KeyExpired, KeyInvalid, TooManyKeys
from local_server.accounts.api_keys.service import MOST_KEYS, Keys
from local_server.accounts.models import KeyScope, Role
from local_server.audit.log import AuditLog
from local_server.database.tables import api_keys, viewing_sessions
from tests.support.clock import Clock

Wired = Callable[..., Any]
DAY = timedelta(days=1)
READ = [KeyScope.PICTURES_READ]


def keys_of(people: Any, clock: Clock) -> Keys:
    people.accounts.create("Ada", "seven wet geese", Role.MANAGER)
    return Keys(people.database, people.presence, AuditLog(bytes(32), clock), clock)


def test_a_key_ends_when_its_time_is_over(wired: Wired, clock: Clock) -> None:
    keys = keys_of(wired(), clock)
    _, text = keys.create_for("ada", "a program", READ, DAY)
    clock.forward(hours=24, microseconds=-1)
    assert keys.check(text).name == "Ada"
    clock.forward(microseconds=1)
    with pytest.raises(KeyExpired):
        keys.check(text)


def test_the_last_use_is_written_with_the_presence(wired: Wired, clock: Clock) -> None:
    people = wired()
    keys = keys_of(people, clock)
    key, text = keys.create_for("ada", "a program", READ, DAY)
    assert keys.all(None, None, 9)[0].last_used_at is None
    first = keys.check(text)
    began = clock.moment
    clock.forward(minutes=5)
    assert keys.check(text).viewing_session_id == first.viewing_session_id
    assert keys.all(None, None, 9)[0].last_used_at == began
    people.presence.write()
    assert keys.all(None, None, 9)[0].last_used_at == began + timedelta(minutes=5)
    assert key.expires_at == began + DAY


def test_a_key_whose_session_was_ended_gets_another_with_another_mark(wired: Wired, clock: Clock) -> None:
    people = wired()
    keys = keys_of(people, clock)
    _, text = keys.create_for("ada", "a program", READ, DAY)
    first = keys.check(text)
    with people.database.write() as connection:
        connection.execute(update(viewing_sessions).values(ended_at=clock()))
    second = keys.check(text)
    assert (first.viewing_session_id, first.mark) != (second.viewing_session_id, second.mark)
    assert keys.check(text) == second


def test_there_are_not_too_many(wired: Wired, clock: Clock) -> None:
    keys = keys_of(wired(), clock)
    for _ in range(MOST_KEYS):
        keys.create_for("ada", "a program", READ, DAY)
    with pytest.raises(TooManyKeys):
        keys.create_for("ada", "a program", READ, DAY)
    clock.forward(days=1)
    keys.create_for("ada", "a program", READ, DAY)


def test_a_scope_that_is_no_longer_known_opens_nothing(wired: Wired, clock: Clock) -> None:
    people = wired()
    keys = keys_of(people, clock)
    _, text = keys.create_for("ada", "a program", READ, DAY)
    with people.database.write() as connection:
        connection.execute(update(api_keys).values(scopes=["pictures:burn"]))
    caller = keys.check(text)
    assert not any(caller.may(scope) for scope in KeyScope)


def test_the_text_is_nowhere_in_the_catalogue(wired: Wired, clock: Clock) -> None:
    people = wired()
    keys = keys_of(people, clock)
    _, text = keys.create_for("ada", "a program", READ, DAY)
    with people.database.read() as connection:
        row = connection.execute(select(api_keys)).one()
    assert all(text[10:] not in str(value) for value in row)
    with pytest.raises(KeyInvalid):
        keys.check(row.key_hash)
