"""Accounts of every role in a data directory, made by the service itself before a server runs."""

from pathlib import Path

from local_server.accounts.models import Role, Sees
from local_server.accounts.passwords import Passwords
from local_server.accounts.service import Accounts
from local_server.app import utc_now
from local_server.audit.log import AuditLog
from local_server.data_directory import DataDirectory
from local_server.database.migrate import open_catalogue
from local_server.storage.keys import Keys
from tests.support.server import PASSWORD


def add_people(root: Path, *names_and_roles: tuple[str, Role], sees: Sees = Sees.LIBRARY) -> None:
    """Add accounts; without any, one of every role, named after it."""
    data = DataDirectory(root)
    data.prepare()
    database = open_catalogue(data)
    try:
        audit = AuditLog(Keys.open(root, None).derive("audit"), utc_now)
        accounts = Accounts(database, Passwords(), audit, utc_now)
        for name, role in names_and_roles or [(role.value, role) for role in Role]:
            accounts.create(name, PASSWORD, role, sees)
    finally:
        database.close()
