"""The SQL of API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from local_server.accounts.api_keys.models import ApiKey
from local_server.accounts.models import KeyScope
from local_server.database.tables import accounts, api_keys, viewing_sessions

_KEY = (
    api_keys.c.id,
    api_keys.c.account_id,
    accounts.c.name.label("account_name"),
    api_keys.c.name,
    api_keys.c.hint,
    api_keys.c.scopes,
    api_keys.c.created_at,
    api_keys.c.created_by,
    api_keys.c.expires_at,
    api_keys.c.last_used_at,
    api_keys.c.revoked_at,
)


def key_from(row: Any) -> ApiKey:
    """Read a key from a row that has its columns; a scope that is no longer known is none."""
    known = {scope.value for scope in KeyScope}
    return ApiKey(
        row.id,
        row.account_id,
        row.account_name,
        row.name,
        row.hint,
        tuple(KeyScope(scope) for scope in row.scopes if scope in known),
        row.created_at,
        row.created_by,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )


def insert_key(connection: Connection, key: ApiKey, key_hash: str) -> None:
    """Add a key."""
    connection.execute(
        insert(api_keys).values(
            id=key.id,
            account_id=key.account_id,
            name=key.name,
            key_hash=key_hash,
            hint=key.hint,
            scopes=[scope.value for scope in key.scopes],
            created_at=key.created_at,
            created_by=key.created_by,
            expires_at=key.expires_at,
        )
    )


def key_by_hash(connection: Connection, key_hash: str) -> Any | None:
    """Return a key with what its account may do, and its viewing session unless that has ended."""
    return connection.execute(
        select(
            *_KEY,
            accounts.c.role,
            accounts.c.sees,
            accounts.c.disabled_at,
            viewing_sessions.c.id.label("viewing_session_id"),
            viewing_sessions.c.mark,
        )
        .join(accounts, accounts.c.id == api_keys.c.account_id)
        .join(
            viewing_sessions,
            (viewing_sessions.c.id == api_keys.c.viewing_session_id) & viewing_sessions.c.ended_at.is_(None),
            isouter=True,
        )
        .where(api_keys.c.key_hash == key_hash)
    ).one_or_none()


def keys_of(
    connection: Connection, account_id: str | None, before: str | None, limit: int
) -> Sequence[ApiKey]:
    """Return keys of one account or of all, newest first, those made before the key `before`."""
    statement = (
        select(*_KEY)
        .join(accounts, accounts.c.id == api_keys.c.account_id)
        .order_by(api_keys.c.id.desc())
        .limit(limit)
    )
    if account_id is not None:
        statement = statement.where(api_keys.c.account_id == account_id)
    if before is not None:
        statement = statement.where(api_keys.c.id < before)
    return [key_from(row) for row in connection.execute(statement)]


def count_usable(connection: Connection, account_id: str, now: datetime) -> int:
    """Return how many keys of an account can be used."""
    return connection.execute(
        select(func.count())
        .select_from(api_keys)
        .where(
            api_keys.c.account_id == account_id,
            api_keys.c.revoked_at.is_(None),
            api_keys.c.expires_at > now,
        )
    ).scalar_one()


def key_by_id(connection: Connection, key_id: str) -> tuple[ApiKey, str | None] | None:
    """Return a key and its latest viewing session."""
    row = connection.execute(
        select(*_KEY, api_keys.c.viewing_session_id)
        .join(accounts, accounts.c.id == api_keys.c.account_id)
        .where(api_keys.c.id == key_id)
    ).one_or_none()
    return None if row is None else (key_from(row), row.viewing_session_id)


def change_key(connection: Connection, key_id: str, **values: object) -> None:
    """Set columns of a key."""
    connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(**values))


def revoke_all(connection: Connection, account_id: str, now: datetime) -> int:
    """Revoke every key of an account, in the transaction that closes it; return how many there were."""
    return connection.execute(
        update(api_keys)
        .where(api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    ).rowcount
