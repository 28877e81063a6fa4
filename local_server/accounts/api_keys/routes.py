"""HTTP of API keys; only people come here, no key makes another."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from local_server.accounts.api_keys.models import ApiKey
from local_server.accounts.api_keys.service import LONGEST_LIFE, Keys
from local_server.accounts.gate import Gate
from local_server.accounts.models import CURATES, Caller, KeyScope
from local_server.web.bodies import Answer, Body, Id, Line

KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class NewKeyBody(Body):
    """What a key is for, and for how many days."""

    name: Annotated[Line, Field(min_length=1, max_length=64)]
    scopes: Annotated[
        list[Annotated[KeyScope, Field(strict=False)]], Field(min_length=1, max_length=len(KeyScope))
    ]
    expires_in_days: Annotated[int, Field(ge=1, le=LONGEST_LIFE.days)]


class KeyAnswer(Answer):
    """A key; of its text only the beginning is known."""

    id: str
    account_id: str
    account_name: str
    name: str
    hint: str
    scopes: list[KeyScope]
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls.model_validate(key, from_attributes=True)


class NewKeyAnswer(Answer):
    """A new key, with its text for this once."""

    key: str
    api_key: KeyAnswer


class KeysAnswer(Answer):
    """Keys, newest first."""

    items: list[KeyAnswer]
    next: str | None


def routes(keys: Keys, gate: Gate) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["API keys"])
    Curator = Annotated[Caller, Depends(gate.require(CURATES))]

    @router.post("/api-keys", status_code=201)
    def create_api_key(caller: Curator, body: NewKeyBody) -> NewKeyAnswer:
        """Make a key for the account of the caller; it is shown this once."""
        key, text = keys.create(caller, body.name, body.scopes, timedelta(days=body.expires_in_days))
        return NewKeyAnswer(key=text, api_key=KeyAnswer.of(key))

    @router.get("/api-keys")
    def api_keys(
        caller: Curator,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        cursor: Annotated[KeyId | None, Query()] = None,
    ) -> KeysAnswer:
        """Return a page of the caller's keys, and for an admin of everybody's."""
        found = keys.page(caller, cursor, limit + 1)
        items, more = found[:limit], len(found) > limit
        return KeysAnswer(items=[KeyAnswer.of(key) for key in items], next=items[-1].id if more else None)

    @router.delete("/api-keys/{key_id}", status_code=204)
    def revoke_api_key(caller: Curator, key_id: Id) -> None:
        """Revoke a key; from then on it opens nothing."""
        keys.revoke(key_id, caller)

    return router
