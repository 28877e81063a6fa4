"""The SQL of passwords, their history and log, one-time codes and second factors."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from local_server.accounts.models import Credentials
from local_server.accounts.queries import ACCOUNT, account_from
from local_server.database import upsert
from local_server.database.tables import (
    accounts,
    password_audit_log,
    password_history,
    recovery_codes,
    reset_codes,
)


def of_name(connection: Connection, name_folded: str) -> Credentials | None:
    """Return what the account of a name signs in with."""
    return _one(connection, accounts.c.name_folded == name_folded)


def of_id(connection: Connection, account_id: str) -> Credentials | None:
    """Return what an account signs in with."""
    return _one(connection, accounts.c.id == account_id)


def _one(connection: Connection, which: ColumnElement[bool]) -> Credentials | None:
    row = connection.execute(
        select(
            *ACCOUNT,
            accounts.c.password_hash,
            accounts.c.password_changed_at,
            accounts.c.must_change_password,
            accounts.c.totp_sealed,
            accounts.c.totp_confirmed_at,
            accounts.c.totp_last_step,
        ).where(which)
    ).one_or_none()
    if row is None:
        return None
    return Credentials(
        account_from(row),
        row.password_hash,
        row.password_changed_at,
        row.must_change_password,
        row.totp_sealed,
        row.totp_confirmed_at,
        row.totp_last_step,
    )


def earlier_hashes(connection: Connection, account_id: str, limit: int) -> list[str]:
    """Return the hashes of the passwords before the present one, newest first."""
    return list(
        connection.execute(
            select(password_history.c.password_hash)
            .where(password_history.c.account_id == account_id)
            .order_by(password_history.c.id.desc())
            .limit(limit)
        ).scalars()
    )


def keep_hash(connection: Connection, account_id: str, password_hash: str, now: datetime, keep: int) -> None:
    """Add a password that was replaced, and drop those beyond the newest `keep`."""
    connection.execute(
        insert(password_history).values(account_id=account_id, password_hash=password_hash, replaced_at=now)
    )
    kept = (
        select(password_history.c.id)
        .where(password_history.c.account_id == account_id)
        .order_by(password_history.c.id.desc())
        .limit(keep)
    )
    ids = list(connection.execute(kept).scalars())
    connection.execute(
        delete(password_history).where(
            password_history.c.account_id == account_id, password_history.c.id.not_in(ids)
        )
    )


def insert_event(connection: Connection, **values: Any) -> None:
    """Add a line to the log of passwords."""
    connection.execute(insert(password_audit_log).values(**values))


def account_log(
    connection: Connection, account_id: str, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page of the log of one account, newest first."""
    statement = select(password_audit_log).where(password_audit_log.c.account_id == account_id)
    if before is not None:
        statement = statement.where(password_audit_log.c.id < before)
    return connection.execute(statement.order_by(password_audit_log.c.id.desc()).limit(limit)).all()


def store_reset_code(connection: Connection, account_id: str, **values: object) -> None:
    """Put a code in the place of the one before."""
    connection.execute(
        upsert.insert(connection, reset_codes)
        .values(account_id=account_id, failed=0, **values)
        .on_conflict_do_update(index_elements=["account_id"], set_={"failed": 0, **values})
    )


def reset_code(connection: Connection, account_id: str) -> Row[Any] | None:
    """Return the code of an account."""
    return connection.execute(select(reset_codes).where(reset_codes.c.account_id == account_id)).one_or_none()


def count_reset_failure(connection: Connection, account_id: str) -> None:
    """Count a wrong code."""
    connection.execute(
        update(reset_codes)
        .where(reset_codes.c.account_id == account_id)
        .values(failed=reset_codes.c.failed + 1)
    )


def drop_reset_code(connection: Connection, account_id: str) -> None:
    """Forget the code of an account."""
    connection.execute(delete(reset_codes).where(reset_codes.c.account_id == account_id))


def take_step(connection: Connection, account_id: str, step: int) -> bool:
    """Note that the code of a step was used; False where that step, or a later one, was already."""
    taken = connection.execute(
        update(accounts)
        .where(
            accounts.c.id == account_id,
            or_(accounts.c.totp_last_step.is_(None), accounts.c.totp_last_step < step),
        )
        .values(totp_last_step=step)
    )
    return taken.rowcount == 1


def replace_recovery_codes(connection: Connection, account_id: str, hashes: Iterable[str]) -> None:
    """Put new recovery codes in the place of all earlier ones."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    rows = [{"account_id": account_id, "code_hash": one} for one in hashes]
    if rows:
        connection.execute(insert(recovery_codes), rows)


def use_recovery_code(connection: Connection, account_id: str, code_hash: str, now: datetime) -> bool:
    """Use a recovery code up; False where there is none such that is unused."""
    used = connection.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.account_id == account_id,
            recovery_codes.c.code_hash == code_hash,
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return used.rowcount == 1
