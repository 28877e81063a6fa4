"""Levels, the cache of marked pictures, and the record of deliveries."""

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from local_server.accounts.models import Caller, Role
from local_server.database.errors import CatalogueBusy
from local_server.database.tables import accounts, deliveries, pictures, viewing_sessions
from local_server.library.cache import Cache
from local_server.library.deliveries import Deliveries
from local_server.library.protection import Level, effective
from tests.support.catalogue import Catalogue, catalogue, now


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("level", list(Level))
def test_only_those_who_curate_ever_see_plain_pixels(level: Level, role: Role) -> None:
    seen = effective(level, role)
    assert seen.strength >= level.strength
    assert seen.marks_pixels or (level is Level.OPEN and role in (Role.ADMIN, Role.MANAGER))
    assert effective(seen, role) is seen


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 40)), max_size=60))
def test_a_cache_never_holds_more_than_it_may_and_never_another_value(steps: list[tuple[int, int]]) -> None:
    cache: Cache[bytes] = Cache(100)
    last: dict[int, bytes] = {}
    for key, size in steps:
        value = bytes([key]) * size
        cache.put(key, value)
        last[key] = value
        assert cache.bytes <= 100
        assert cache.get(key) == value
    kept = {key: cache.get(key) for key in last}
    assert all(value is None or value == last[key] for key, value in kept.items())
    assert cache.bytes == sum(len(value) for value in kept.values() if value is not None)


def test_the_value_used_last_stays() -> None:
    cache: Cache[bytes] = Cache(20)
    cache.put("a", bytes(10))
    cache.put("b", bytes(10))
    cache.get("a")
    cache.put("c", bytes(10))
    assert cache.get("a") is not None
    assert cache.get("b") is None
    cache.put("too large", bytes(21))
    assert cache.get("too large") is None
    assert cache.bytes == 20


class _Audit:
    """Remembers entries, as the log at the edge would."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str | None]] = []

    def record(
        self,
        connection: Connection,
        kind: str,
        *,
        account_id: str | None = None,
        account_name: str | None = None,
        viewing_session_id: str | None = None,
        picture_id: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        """Append."""
        assert connection.in_transaction()
        assert account_id
        assert account_name
        assert viewing_session_id
        assert detail == {"level": "guarded"}
        self.entries.append((kind, picture_id))
        return len(self.entries)


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Catalogue]:
    with catalogue(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def caller(known: Catalogue) -> Caller:
    return _person(known)


def _person(known: Catalogue) -> Caller:
    one = secrets.token_hex(8)
    session = f"session-{one}"
    with known.database.write() as connection:
        connection.execute(
            insert(accounts).values(
                id=one,
                name=one,
                name_folded=one,
                role="viewer",
                password_hash="-",
                password_changed_at=now(),
                created_at=now(),
            )
        )
        connection.execute(
            insert(viewing_sessions).values(
                id=session,
                account_id=one,
                mark=secrets.randbits(50),
                machine_id="m",
                machine_name="m",
                client="desktop",
                started_at=now(),
                seen_at=now(),
            )
        )
    return Caller(one, one, Role.VIEWER, session, 1, "m", "library")


def _picture(known: Catalogue) -> str:
    one = secrets.token_hex(16)
    with known.database.write() as connection:
        connection.execute(
            insert(pictures).values(
                id=one, content_hash=one, status="ready", bytes=1, added_at=now(), sort_at=now(), present=True
            )
        )
    return one


def _rows(known: Catalogue) -> list[tuple[str, str]]:
    with known.database.read() as connection:
        return [
            (str(one), str(kind))
            for one, kind in connection.execute(
                select(deliveries.c.picture_id, deliveries.c.rendition).order_by(deliveries.c.id)
            )
        ]


def test_each_rendition_is_recorded_once_a_session_and_opening_is_audited(
    known: Catalogue, caller: Caller
) -> None:
    audit = _Audit()
    record = Deliveries(known.database, audit, now)
    one, two = _picture(known), _picture(known)
    for _ in range(3):
        record.record(caller, one, "thumbnail", Level.GUARDED)
        record.record(caller, one, "screen", Level.GUARDED)
    record.record(caller, two, "thumbnail", Level.GUARDED)
    assert record.write() == 3
    assert record.write() == 0
    record.record(_person(known), one, "screen", Level.GUARDED)
    assert record.write() == 1
    assert _rows(known) == [(one, "thumbnail"), (one, "screen"), (two, "thumbnail"), (one, "screen")]
    assert audit.entries == [("picture_opened", one)] * 2


def test_what_cannot_be_written_is_kept(known: Catalogue, caller: Caller) -> None:
    record = Deliveries(known.database, _Failing(_Audit(), 1), now)
    one = _picture(known)
    record.record(caller, one, "screen", Level.GUARDED)
    with pytest.raises(CatalogueBusy):
        record.write()
    assert _rows(known) == []
    assert record.write() == 1
    assert _rows(known) == [(one, "screen")]


class _Failing(_Audit):
    """An audit log whose first appends meet a database that stays locked."""

    def __init__(self, _audit: _Audit, times: int) -> None:
        super().__init__()
        self._times = times

    def record(self, connection: Connection, kind: str, **facts: Any) -> int:
        """Fail, or append."""
        if self._times:
            self._times -= 1
            raise CatalogueBusy("locked")
        return super().record(connection, kind, **facts)
