"""API keys: made, shown once, checked at every request, revoked at once."""

import hashlib
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from local_server.accounts import queries as account_queries
from local_server.accounts.api_keys import queries
from local_server.accounts.api_keys.errors import KeyExpired, KeyInvalid, KeyUnknown, TooManyKeys
from local_server.accounts.api_keys.models import ApiKey
from local_server.accounts.audit import Audit
from local_server.accounts.errors import AccountUnknown
from local_server.accounts.models import Caller, KeyScope, Machine, Role, Sees, ViewingSession, folded
from local_server.accounts.presence import Presence
from local_server.accounts.viewing import begin_viewing
from local_server.database.engine import Database
from local_server.events import announce

PREFIX: Final = "vsk_"
# 256 random bits: a fast hash is enough, and the look-up by it takes the same time whatever was guessed.
_FORM: Final = re.compile(r"vsk_[A-Za-z0-9_-]{43}", re.ASCII)
_HINT: Final = 8
LONGEST_LIFE: Final = timedelta(days=365)
MOST_KEYS: Final = 50


class Keys:
    """The API keys of this gallery's accounts."""

    def __init__(
        self,
        database: Database,
        presence: Presence,
        audit: Audit,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._presence = presence
        self._audit = audit
        self._clock = clock

    def check(self, text: str, address: str = "") -> Caller:
        """Return who a key stands for now. Raises KeyInvalid or KeyExpired."""
        if not _FORM.fullmatch(text):
            raise KeyInvalid
        key_hash = _hashed(text)
        with self._database.read() as connection:
            row = self._usable(connection, key_hash)
        if row.viewing_session_id is None:
            with self._database.write() as connection:
                row = self._usable(connection, key_hash)
                if row.viewing_session_id is None:
                    session = self._begin(connection, queries.key_from(row), address)
                    return _caller(row, session.id, session.mark)
        # Its last use is written with the presence of its viewing session, not in each request.
        self._presence.note(row.viewing_session_id)
        return _caller(row, row.viewing_session_id, row.mark)

    def create(
        self, caller: Caller, name: str, scopes: Collection[KeyScope], life: timedelta
    ) -> tuple[ApiKey, str]:
        """Make a key for the caller's own account; its text is returned once. Raises TooManyKeys."""
        return self._create(caller.account_id, caller.name, name, scopes, life)

    def create_for(
        self, account_name: str, name: str, scopes: Collection[KeyScope], life: timedelta
    ) -> tuple[ApiKey, str]:
        """Make a key for any account, as the owner of the data directory. Raises AccountUnknown too."""
        with self._database.read() as connection:
            found = account_queries.account_by_name(connection, folded(account_name))
        if found is None:
            raise AccountUnknown
        return self._create(found[0].id, "command line", name, scopes, life)

    def page(self, caller: Caller, before: str | None, limit: int) -> list[ApiKey]:
        """Return keys, newest first: the caller's own, and for an admin everybody's."""
        return self.all(None if caller.role is Role.ADMIN else caller.account_id, before, limit)

    def all(self, account_id: str | None, before: str | None, limit: int) -> list[ApiKey]:
        """Return keys of one account or of all, newest first."""
        with self._database.read() as connection:
            return list(queries.keys_of(connection, account_id, before, limit))

    def revoke(self, key_id: str, caller: Caller | None) -> ApiKey:
        """Revoke a key for good, of one's own unless an admin or (None) the command line asks.

        Raises KeyUnknown.
        """
        now = self._clock()
        with self._database.write() as connection:
            found = queries.key_by_id(connection, key_id)
            if found is None:
                raise KeyUnknown
            key, viewing_session_id = found
            if caller is not None and caller.role is not Role.ADMIN and key.account_id != caller.account_id:
                raise KeyUnknown
            if key.revoked_at is None:
                queries.change_key(connection, key.id, revoked_at=now)
                self._record(connection, "api_key_revoked", key, by=caller.name if caller else "command line")
            if viewing_session_id is not None:
                account_queries.end_session(connection, viewing_session_id, now, "api_key_revoked")
                announce(connection, now, "session_ended", {"viewing_session_id": viewing_session_id})
        return replace(key, revoked_at=key.revoked_at or now)

    def _create(
        self, account_id: str, by: str, name: str, scopes: Collection[KeyScope], life: timedelta
    ) -> tuple[ApiKey, str]:
        if not scopes or not timedelta(0) < life <= LONGEST_LIFE:
            raise ValueError("a key has a scope, and lives for a year at most")
        text = PREFIX + secrets.token_urlsafe(32)
        now = self._clock()
        with self._database.write() as connection:
            account = account_queries.account_by_id(connection, account_id)
            if queries.count_usable(connection, account_id, now) >= MOST_KEYS:
                raise TooManyKeys
            key = ApiKey(
                _new_id(now),
                account.id,
                account.name,
                name,
                text[:_HINT],
                tuple(sorted(set(scopes))),
                now,
                by,
                now + life,
                None,
                None,
            )
            queries.insert_key(connection, key, _hashed(text))
            self._record(
                connection,
                "api_key_created",
                key,
                by=by,
                scopes=[scope.value for scope in key.scopes],
                expires_at=key.expires_at.isoformat(),
            )
        return key, text

    def _usable(self, connection: Connection, key_hash: str) -> Any:
        row = queries.key_by_hash(connection, key_hash)
        if row is None:
            raise KeyInvalid
        if row.revoked_at is not None:
            raise KeyInvalid("It was revoked.")
        if row.disabled_at is not None:
            raise KeyInvalid("Its account is closed.")
        if row.expires_at <= self._clock():
            raise KeyExpired
        return row

    def _begin(self, connection: Connection, key: ApiKey, address: str) -> ViewingSession:
        account = account_queries.account_by_id(connection, key.account_id)
        machine = Machine(f"key {key.id}", key.name, "api", address)
        detail = {"key_id": key.id, "hint": key.hint}
        session = begin_viewing(connection, self._audit, account, machine, self._clock(), detail)
        queries.change_key(connection, key.id, viewing_session_id=session.id, last_used_at=session.started_at)
        return session

    def _record(self, connection: Connection, kind: str, key: ApiKey, **detail: object) -> None:
        self._audit.record(
            connection,
            kind,
            account_id=key.account_id,
            account_name=key.account_name,
            detail={"name": key.name, "key_id": key.id, "hint": key.hint, **detail},
        )


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _new_id(now: datetime) -> str:
    """Return an id that is greater than those of keys made before."""
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def _caller(row: Any, viewing_session_id: str, mark: int) -> Caller:
    key = queries.key_from(row)
    return Caller(
        account_id=key.account_id,
        name=key.account_name,
        role=Role(row.role),
        viewing_session_id=viewing_session_id,
        mark=mark,
        machine_name=key.name,
        sees=Sees(row.sees),
        api_key_id=key.id,
        scopes=frozenset(key.scopes),
        # It shows nothing on a screen; a key is an admin's own word for where pictures may go.
        holds="guarded",
    )
