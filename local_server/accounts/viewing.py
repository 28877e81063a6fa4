"""How a viewing session begins, whoever or whatever looks: with a mark that nobody had before."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts import queries
from local_server.accounts.audit import Audit
from local_server.accounts.models import Account, Machine, ViewingSession
from local_server.marks.identity import MarkId


def begin_viewing(
    connection: Connection,
    audit: Audit,
    account: Account,
    machine: Machine,
    now: datetime,
    detail: Mapping[str, object],
    randbits: Callable[[int], int] = secrets.randbits,
) -> ViewingSession:
    """Begin a viewing session within a transaction."""
    mark = MarkId.new(randbits).value
    while queries.mark_taken(connection, mark):
        mark = MarkId.new(randbits).value
    session = ViewingSession(uuid4().hex, mark, now)
    queries.insert_viewing_session(connection, session, account.id, machine)
    audit.record(
        connection,
        "signed_in",
        account_id=account.id,
        account_name=account.name,
        viewing_session_id=session.id,
        detail={**machine.facts, "mark_id": MarkId(mark).text, **detail},
    )
    return session
