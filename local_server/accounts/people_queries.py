"""The SQL of the list of people."""

from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from local_server.accounts.models import Account, Person, Role
from local_server.accounts.queries import ACCOUNT, account_from
from local_server.database.tables import accounts, sign_in_attempts, viewing_sessions


def account(connection: Connection, account_id: str) -> Account | None:
    """Return an account."""
    row = connection.execute(select(*ACCOUNT).where(accounts.c.id == account_id)).one_or_none()
    return None if row is None else account_from(row)


def count_open_admins(connection: Connection) -> int:
    """Return how many admins can sign in."""
    return connection.execute(
        select(func.count())
        .select_from(accounts)
        .where(accounts.c.role == Role.ADMIN.value, accounts.c.disabled_at.is_(None))
    ).scalar_one()


def owner_of_email(connection: Connection, email: str) -> str | None:
    """Return the account that has an address."""
    return connection.execute(select(accounts.c.id).where(accounts.c.email == email)).scalar_one_or_none()


def page(connection: Connection, after: str | None, limit: int) -> list[tuple[str, Person]]:
    """Return people by folded name, each with it, from the one after a folded name."""
    statement = _people().order_by(accounts.c.name_folded).limit(limit)
    if after is not None:
        statement = statement.where(accounts.c.name_folded > after)
    return [(row.name_folded, _person(row)) for row in connection.execute(statement)]


def person(connection: Connection, account_id: str) -> Person | None:
    """Return one person."""
    row = connection.execute(_people().where(accounts.c.id == account_id)).one_or_none()
    return None if row is None else _person(row)


def _people() -> Select[Any]:
    seen = (
        select(func.max(viewing_sessions.c.seen_at))
        .where(viewing_sessions.c.account_id == accounts.c.id)
        .scalar_subquery()
    )
    return select(
        *ACCOUNT,
        accounts.c.name_folded,
        (accounts.c.password_hash != "").label("has_password"),
        accounts.c.password_changed_at,
        accounts.c.must_change_password,
        accounts.c.totp_confirmed_at,
        seen.label("last_seen_at"),
        sign_in_attempts.c.locked_until,
    ).join_from(
        accounts, sign_in_attempts, sign_in_attempts.c.name_folded == accounts.c.name_folded, isouter=True
    )


def _person(row: Row[Any]) -> Person:
    return Person(
        account_from(row),
        row.has_password,
        row.password_changed_at,
        row.must_change_password,
        row.totp_confirmed_at is not None,
        row.last_seen_at,
        row.locked_until,
    )
