"""The SQL of identities at the provider, and of sign-ins under way."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from local_server.accounts.organisation.models import Person
from local_server.database.tables import accounts, identities, sign_in_flows


def keep_flow(connection: Connection, state_hash: str, sealed: str, now: datetime, until: datetime) -> None:
    """Remember a sign-in that began, and forget those that took too long."""
    connection.execute(delete(sign_in_flows).where(sign_in_flows.c.expires_at <= now))
    connection.execute(insert(sign_in_flows).values(state_hash=state_hash, sealed=sealed, expires_at=until))


def take_flow(connection: Connection, state_hash: str, now: datetime) -> str | None:
    """Return a sign-in that is still good and forget it: nobody gets it a second time."""
    row = connection.execute(
        select(sign_in_flows.c.sealed, sign_in_flows.c.expires_at).where(
            sign_in_flows.c.state_hash == state_hash
        )
    ).one_or_none()
    if row is None:
        return None
    connection.execute(delete(sign_in_flows).where(sign_in_flows.c.state_hash == state_hash))
    return str(row.sealed) if row.expires_at > now else None


def account_of(connection: Connection, person: Person) -> str | None:
    """Return the account that a person at the provider is linked to."""
    return connection.execute(
        select(identities.c.account_id).where(
            identities.c.issuer == person.issuer, identities.c.subject == person.subject
        )
    ).scalar_one_or_none()


def account_with_email(connection: Connection, email: str) -> str | None:
    """Return the account that has an address."""
    return connection.execute(select(accounts.c.id).where(accounts.c.email == email)).scalar_one_or_none()


def linked(connection: Connection, account_id: str, issuer: str | None = None) -> bool:
    """Say whether an account is linked to anybody at a provider, or at any."""
    found = select(identities.c.subject).where(identities.c.account_id == account_id)
    if issuer is not None:
        found = found.where(identities.c.issuer == issuer)
    return connection.execute(found.limit(1)).first() is not None


def link(connection: Connection, person: Person, account_id: str, now: datetime) -> None:
    """Link a person at the provider to an account."""
    connection.execute(
        insert(identities).values(
            issuer=person.issuer,
            subject=person.subject,
            account_id=account_id,
            email=person.email,
            linked_at=now,
            last_used_at=now,
        )
    )


def unlink(connection: Connection, account_id: str) -> bool:
    """Forget whom an account stands for at any provider; False when it was nobody."""
    gone = connection.execute(delete(identities).where(identities.c.account_id == account_id))
    return gone.rowcount > 0


def used(connection: Connection, person: Person, now: datetime) -> None:
    """Note that a person signed in, and with which address."""
    connection.execute(
        update(identities)
        .where(identities.c.issuer == person.issuer, identities.c.subject == person.subject)
        .values(last_used_at=now, email=person.email)
    )
