"""The SQL of the list of people."""

from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from local_server.accounts.models import Account, Exemption, Person, Role
from local_server.accounts.queries import ACCOUNT, account_from
from local_server.database import upsert
from local_server.database.tables import accounts, assistive_exemptions, sign_in_attempts, viewing_sessions

EXEMPTION = (
    assistive_exemptions.c.reason.label("exempt_reason"),
    assistive_exemptions.c.granted_at.label("exempt_since"),
    assistive_exemptions.c.granted_by.label("exempt_by"),
    assistive_exemptions.c.expires_at.label("exempt_until"),
)


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
        *EXEMPTION,
    ).select_from(
        accounts.outerjoin(
            sign_in_attempts, sign_in_attempts.c.name_folded == accounts.c.name_folded
        ).outerjoin(assistive_exemptions, assistive_exemptions.c.account_id == accounts.c.id)
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
        _exemption(row),
    )


def exemption(connection: Connection, account_id: str) -> Exemption | None:
    """Return the exemption of an account, whether it still holds or not."""
    row = connection.execute(
        select(*EXEMPTION).where(assistive_exemptions.c.account_id == account_id)
    ).one_or_none()
    return None if row is None else _exemption(row)


def exempt(connection: Connection, account_id: str, exemption: Exemption) -> None:
    """Give an account an exemption in place of any other."""
    values = {
        "reason": exemption.reason,
        "granted_at": exemption.granted_at,
        "granted_by": exemption.granted_by,
        "expires_at": exemption.expires_at,
    }
    connection.execute(
        upsert.insert(connection, assistive_exemptions)
        .values(account_id=account_id, **values)
        .on_conflict_do_update(index_elements=["account_id"], set_=values)
    )


def end_exemption(connection: Connection, account_id: str) -> None:
    """Take an exemption back."""
    connection.execute(delete(assistive_exemptions).where(assistive_exemptions.c.account_id == account_id))


def _exemption(row: Any) -> Exemption | None:
    if row.exempt_since is None:
        return None
    return Exemption(row.exempt_reason, row.exempt_since, row.exempt_by, row.exempt_until)
