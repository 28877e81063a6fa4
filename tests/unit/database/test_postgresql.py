"""A PostgreSQL that hangs is an outage after a while, and is used again when it goes on."""

import pytest
from sqlalchemy import Connection, func, make_url, select

from local_server.database.engine import Database
from local_server.database.errors import DatabaseAway
from tests.support.parts.postgresql import PostgreSQL


def test_a_server_that_hangs_is_away_until_it_goes_on(postgresql: PostgreSQL, database_url: str) -> None:
    database = Database(make_url(database_url), silence=0.5)
    try:
        with database.read() as connection:
            connection.execute(select(1))
        postgresql.pause()
        with pytest.raises(DatabaseAway), database.read() as connection:
            connection.execute(select(1))
        postgresql.resume()
        with database.write() as connection:
            assert connection.execute(select(1)).scalar() == 1
    finally:
        postgresql.resume()
        database.close()


def test_a_server_that_hangs_in_a_transaction_is_away_too(postgresql: PostgreSQL, database_url: str) -> None:
    database = Database(make_url(database_url), silence=0.5)
    try:
        with pytest.raises(DatabaseAway, match="said nothing"), database.write() as connection:
            _hang(postgresql, connection)
        postgresql.resume()
        with database.write() as connection:
            assert connection.execute(select(1)).scalar() == 1
    finally:
        postgresql.resume()
        database.close()


def _hang(postgresql: PostgreSQL, connection: Connection) -> None:
    postgresql.pause()
    connection.execute(select(1))


def test_a_server_that_is_only_slow_is_waited_for(database_url: str) -> None:
    database = Database(make_url(database_url), silence=3.0)
    try:
        with database.read() as connection:
            connection.execute(select(func.pg_sleep(1)))
            numbers = connection.execute(select(func.generate_series(1, 100_000))).scalars().all()
            assert len(numbers) == 100_000
    finally:
        database.close()
