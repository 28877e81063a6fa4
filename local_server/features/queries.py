"""SQL of the switches."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from local_server.accounts.models import Role
from local_server.database.tables import features
from local_server.database.upsert import insert


def switched_for(connection: Connection, name: str, role: Role) -> bool | None:
    """Return what was set for a role, or None."""
    return connection.execute(
        select(features.c.enabled).where(features.c.name == name, features.c.role == role.value)
    ).scalar_one_or_none()


def all_switched(connection: Connection) -> Mapping[tuple[str, str], bool]:
    """Return everything that was set, by name and role: a few dozen rows at most."""
    rows = connection.execute(select(features.c.name, features.c.role, features.c.enabled))
    return {(row.name, row.role): row.enabled for row in rows}


def switch(
    connection: Connection, name: str, role: Role, *, enabled: bool, changed_at: datetime, changed_by: str
) -> None:
    """Set a switch for a role."""
    values = {"enabled": enabled, "changed_at": changed_at, "changed_by": changed_by}
    row = insert(connection, features).values(name=name, role=role.value, **values)
    connection.execute(
        row.on_conflict_do_update(index_elements=[features.c.name, features.c.role], set_=values)
    )
