"""The SQL of accounts, sign-in attempts, viewing sessions and refresh tokens."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from local_server.accounts.models import Account, Machine, Role, Sees, ViewingSession
from local_server.accounts.tokens import Refresh
from local_server.database import upsert
from local_server.database.tables import (
    accounts,
    api_keys,
    assistive_exemptions,
    refresh_tokens,
    sign_in_attempts,
    viewing_sessions,
)

ACCOUNT = (
    accounts.c.id,
    accounts.c.name,
    accounts.c.role,
    accounts.c.sees,
    accounts.c.email,
    accounts.c.created_at,
    accounts.c.disabled_at,
)


def account_from(row: Any) -> Account:
    """Read an account from a row that has its columns."""
    return Account(
        row.id, row.name, Role(row.role), Sees(row.sees), row.email, row.created_at, row.disabled_at
    )


def count_accounts(connection: Connection) -> int:
    """Return how many accounts there are, closed ones included."""
    return connection.execute(select(func.count()).select_from(accounts)).scalar_one()


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account by name."""
    return [
        account_from(row) for row in connection.execute(select(*ACCOUNT).order_by(accounts.c.name_folded))
    ]


def account_by_name(connection: Connection, name_folded: str) -> tuple[Account, str] | None:
    """Return an account and its password hash."""
    row = connection.execute(
        select(*ACCOUNT, accounts.c.password_hash).where(accounts.c.name_folded == name_folded)
    ).one_or_none()
    return None if row is None else (account_from(row), row.password_hash)


def account_by_id(connection: Connection, account_id: str) -> Account:
    """Return the account of a row that refers to it."""
    return account_from(connection.execute(select(*ACCOUNT).where(accounts.c.id == account_id)).one())


def insert_account(
    connection: Connection, account: Account, name_folded: str, password_hash: str, *, must_change: bool
) -> None:
    """Add an account."""
    connection.execute(
        insert(accounts).values(
            id=account.id,
            name=account.name,
            name_folded=name_folded,
            role=account.role.value,
            sees=account.sees.value,
            email=account.email,
            password_hash=password_hash,
            password_changed_at=account.created_at,
            must_change_password=must_change,
            created_at=account.created_at,
        )
    )


def change_account(connection: Connection, account_id: str, **values: object) -> None:
    """Set columns of an account."""
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(**values))


def attempts(connection: Connection, name_folded: str) -> tuple[int, datetime | None]:
    """Return how many sign-ins failed in a row, and until when the name is locked."""
    row = connection.execute(
        select(sign_in_attempts.c.failed, sign_in_attempts.c.locked_until).where(
            sign_in_attempts.c.name_folded == name_folded
        )
    ).one_or_none()
    return (0, None) if row is None else (row.failed, row.locked_until)


def store_attempt(
    connection: Connection, name_folded: str, failed: int, now: datetime, locked_until: datetime | None
) -> None:
    """Remember the count of failures of a name."""
    values = {"failed": failed, "last_at": now, "locked_until": locked_until}
    connection.execute(
        upsert.insert(connection, sign_in_attempts)
        .values(name_folded=name_folded, **values)
        .on_conflict_do_update(index_elements=["name_folded"], set_=values)
    )


def forget_attempts(
    connection: Connection, *, name_folded: str | None = None, before: datetime | None = None
) -> None:
    """Forget the failures of one name, or those of everybody that are older than `before`."""
    statement = delete(sign_in_attempts)
    if name_folded is not None:
        statement = statement.where(sign_in_attempts.c.name_folded == name_folded)
    if before is not None:
        statement = statement.where(sign_in_attempts.c.last_at < before)
    connection.execute(statement)


def insert_viewing_session(
    connection: Connection, session: ViewingSession, account_id: str, machine: Machine
) -> None:
    """Add a viewing session."""
    connection.execute(
        insert(viewing_sessions).values(
            id=session.id,
            account_id=account_id,
            mark=session.mark,
            machine_id=machine.id,
            machine_name=machine.name,
            client=machine.client,
            started_at=session.started_at,
            seen_at=session.started_at,
        )
    )


def mark_taken(connection: Connection, mark: int) -> bool:
    """Say whether any session, alive or ended, has the mark."""
    found = select(viewing_sessions.c.id).where(viewing_sessions.c.mark == mark)
    return connection.execute(found).first() is not None


def viewing_session(connection: Connection, session_id: str) -> Row[Any] | None:
    """Return a session's row together with its account's name, role, sight and closing."""
    return connection.execute(
        select(
            viewing_sessions,
            accounts.c.name.label("account_name"),
            accounts.c.role.label("role"),
            accounts.c.sees.label("sees"),
            accounts.c.disabled_at.label("disabled_at"),
            assistive_exemptions.c.granted_at.label("exempt_since"),
            assistive_exemptions.c.expires_at.label("exempt_until"),
        )
        .join(accounts, accounts.c.id == viewing_sessions.c.account_id)
        .outerjoin(assistive_exemptions, assistive_exemptions.c.account_id == accounts.c.id)
        .where(viewing_sessions.c.id == session_id)
    ).one_or_none()


def exempt(row: Row[Any], now: datetime) -> bool:
    """Say whether a viewing session's row is of somebody with an assistive exemption that holds now."""
    return row.exempt_since is not None and (row.exempt_until is None or row.exempt_until > now)


def machine_of(row: Row[Any]) -> Machine:
    """Read where a viewing session's row says that it is."""
    return Machine(row.machine_id, row.machine_name, row.client)


def sessions_alive(connection: Connection, account_id: str) -> list[str]:
    """Return the sessions of an account that have not ended."""
    return list(
        connection.execute(
            select(viewing_sessions.c.id).where(
                viewing_sessions.c.account_id == account_id, viewing_sessions.c.ended_at.is_(None)
            )
        ).scalars()
    )


def end_session(connection: Connection, session_id: str, now: datetime, reason: str) -> bool:
    """End a session and revoke its refresh tokens; False when it had ended before."""
    ended = connection.execute(
        update(viewing_sessions)
        .where(viewing_sessions.c.id == session_id, viewing_sessions.c.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )
    revoke_refresh(connection, session_id, now)
    return ended.rowcount == 1


def revoke_refresh(connection: Connection, session_id: str, now: datetime) -> None:
    """Revoke the refresh tokens of a session."""
    connection.execute(
        update(refresh_tokens)
        .where(refresh_tokens.c.viewing_session_id == session_id, refresh_tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def note_seen(connection: Connection, session_ids: Iterable[str], now: datetime) -> None:
    """Set when the sessions, and the API keys that they belong to, were last heard of."""
    ids = list(session_ids)
    connection.execute(update(viewing_sessions).where(viewing_sessions.c.id.in_(ids)).values(seen_at=now))
    connection.execute(
        update(api_keys).where(api_keys.c.viewing_session_id.in_(ids)).values(last_used_at=now)
    )


def insert_refresh(connection: Connection, token: Refresh, now: datetime) -> None:
    """Add a refresh token's row."""
    connection.execute(
        insert(refresh_tokens).values(
            id=token.id,
            family=token.family,
            account_id=token.account_id,
            viewing_session_id=token.viewing_session_id,
            issued_at=now,
            expires_at=token.expires_at,
        )
    )


def refresh_row(connection: Connection, token_id: str) -> Row[Any] | None:
    """Return a refresh token's row."""
    return connection.execute(select(refresh_tokens).where(refresh_tokens.c.id == token_id)).one_or_none()


def use_refresh(connection: Connection, token_id: str, now: datetime) -> None:
    """Mark a refresh token as used."""
    connection.execute(update(refresh_tokens).where(refresh_tokens.c.id == token_id).values(used_at=now))


def forget_refresh(connection: Connection, before: datetime) -> None:
    """Drop the rows of tokens that expired before a moment: their own expiry refuses them now."""
    connection.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at < before))
