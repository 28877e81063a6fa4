"""The bodies of the grants' HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field

from local_server.accounts.models import Role
from local_server.grants.models import Access, Grant, GrantState, Way
from local_server.grants.service import scope_name
from local_server.web.bodies import Answer, Body, Id, Moment

MOST_VIEWS = 1_000_000


class NewGrantBody(Body):
    """Whom to let see an album, until when, and for how many openings of pictures."""

    account_id: Id
    expires_at: Moment | None = None
    view_limit: Annotated[int, Field(ge=1, le=MOST_VIEWS)] | None = None


class GranteeAnswer(Answer):
    """Whom a grant is for."""

    id: str
    name: str
    role: Role


class GrantAnswer(Answer):
    """A grant; `inherited` from `album_id` where that is not the album that was asked for."""

    id: str
    album_id: str
    album: str
    inherited: bool
    account: GranteeAnswer
    created_at: datetime
    expires_at: datetime | None
    view_limit: int | None
    views_left: int | None
    state: GrantState

    @classmethod
    def of(cls, grant: Grant, album_id: str, now: datetime) -> Self:
        """Describe a grant as it holds on an album at a moment."""
        return cls(
            id=grant.id,
            album_id=grant.album_id,
            album=grant.album_name,
            inherited=grant.album_id != album_id,
            account=GranteeAnswer(id=grant.account_id, name=grant.account_name, role=grant.role),
            created_at=grant.created_at,
            expires_at=grant.expires_at,
            view_limit=grant.view_limit,
            views_left=grant.views_left,
            state=grant.state(now),
        )


class GrantsAnswer(Answer):
    """A page of grants; send `next` as cursor for the following one."""

    items: list[GrantAnswer]
    next: str | None


class WayAnswer(Answer):
    """An album that a person may see, and by which grant; `pictures` are those in the album itself."""

    album_id: str
    album: str
    pictures: int
    grant_id: str
    inherited: bool
    granted_on_id: str
    granted_on: str
    expires_at: datetime | None
    view_limit: int | None
    views_left: int | None

    @classmethod
    def of(cls, way: Way) -> Self:
        """Describe a way."""
        return cls(
            album_id=way.album_id,
            album=way.album_name,
            pictures=way.pictures,
            grant_id=way.grant_id,
            inherited=way.granted_on_id != way.album_id,
            granted_on_id=way.granted_on_id,
            granted_on=way.granted_on_name,
            expires_at=way.expires_at,
            view_limit=way.view_limit,
            views_left=way.views_left,
        )


class AccessAnswer(Answer):
    """What a person may see: the library, granted albums (`items`) or nothing; `total` different pictures."""

    sees: Literal["library", "albums", "nothing"]
    total: int
    items: list[WayAnswer]
    next: str | None

    @classmethod
    def of(cls, access: Access) -> Self:
        """Describe it."""
        return cls.model_validate(
            {
                "sees": scope_name(access.scope),
                "total": access.total,
                "items": [WayAnswer.of(way) for way in access.ways],
                "next": access.next,
            }
        )
