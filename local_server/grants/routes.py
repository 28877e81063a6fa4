"""HTTP of grants, and of what a person may see."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from local_server.accounts.gate import Gate
from local_server.accounts.models import CURATES, Caller, Role
from local_server.grants.bodies import AccessAnswer, GrantAnswer, GrantsAnswer, NewGrantBody
from local_server.grants.service import Grants
from local_server.web.bodies import Id

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=2048)]


def routes(grants: Grants, gate: Gate) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["albums"])
    Curator = Annotated[Caller, Depends(gate.require(CURATES))]
    Admin = Annotated[Caller, Depends(gate.require({Role.ADMIN}))]

    @router.get("/albums/{album_id}/grants")
    def grants_of_album(
        _caller: Curator, album_id: Id, limit: Limit = 100, cursor: Cursor = None
    ) -> GrantsAnswer:
        """Return who may see an album, by its own grants and by those it inherits."""
        found, following, now = grants.of_album(album_id, cursor=cursor, limit=limit)
        return GrantsAnswer(items=[GrantAnswer.of(one, album_id, now) for one in found], next=following)

    @router.post("/albums/{album_id}/grants", status_code=201)
    def grant(caller: Curator, album_id: Id, body: NewGrantBody) -> GrantAnswer:
        """Let a person see an album; what they were granted on it before is replaced."""
        made, now = grants.grant(
            caller, album_id, body.account_id, expires_at=body.expires_at, view_limit=body.view_limit
        )
        return GrantAnswer.of(made, album_id, now)

    @router.delete("/grants/{grant_id}", status_code=204)
    def revoke_grant(caller: Curator, grant_id: Id) -> None:
        """End a grant."""
        grants.revoke(caller, grant_id)

    @router.get("/users/{account_id}/access")
    def access(_caller: Admin, account_id: Id, limit: Limit = 100, cursor: Cursor = None) -> AccessAnswer:
        """Return what a person may see, and by which grants."""
        return AccessAnswer.of(grants.access(account_id, cursor=cursor, limit=limit))

    return router
