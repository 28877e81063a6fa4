"""HTTP of the library: lists, single pictures, changes, view tokens and the views themselves."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from local_server.accounts.gate import Gate
from local_server.accounts.models import CURATES, LOOKS_AT_PICTURES, Caller, KeyScope
from local_server.accounts.tokens import VIEW_LIFE, Tokens
from local_server.features.models import HISTOGRAM, INFORMATION_GPS
from local_server.features.service import Features
from local_server.library.bodies import (
    ChangeBody,
    CountsAnswer,
    DetailsAnswer,
    FolderAnswer,
    LibraryAnswer,
    MonthAnswer,
    PageAnswer,
    PictureAnswer,
    TokensAnswer,
    TokensBody,
)
from local_server.library.delivery import Delivered, Delivery, Kind
from local_server.library.errors import ViewTokenMissing
from local_server.library.models import Picture, View
from local_server.library.pixel_threads import PixelThreads
from local_server.library.protection import effective
from local_server.library.service import Library
from local_server.marks.identity import MarkId
from local_server.web.bodies import Id, Storable
from local_server.web.rates import Rate


class Described:
    """Tells pictures to a caller: at the caller's level, with a view token of the caller's session."""

    def __init__(self, library: Library, tokens: Tokens, features: Features) -> None:
        self._library = library
        self._tokens = tokens
        self._features = features

    def picture(self, picture: Picture, caller: Caller) -> PictureAnswer:
        """Describe one line."""
        level = effective(picture.level, caller.role)
        return PictureAnswer.of(picture, level, self._token(picture.id, caller))

    def details(self, picture_id: str, caller: Caller) -> DetailsAnswer:
        """Describe one picture in full."""
        details = self._library.details(caller, picture_id)
        level = effective(details.picture.level, caller.role)
        mark_id = MarkId(caller.mark).text if level.marks_pixels else None
        answer = DetailsAnswer.of_details(details, level, self._token(picture_id, caller), mark_id)
        withheld: dict[str, object] = {}
        if answer.gps is not None and not self._features.on(INFORMATION_GPS, caller.role):
            withheld["gps"] = None
        if not self._features.on(HISTOGRAM, caller.role):
            withheld["histogram"] = []
        return answer.model_copy(update=withheld)

    def tokens(self, picture_ids: Collection[str], caller: Caller) -> dict[str, str]:
        """Return view tokens of those pictures that the caller may see."""
        known = self._library.known(caller, picture_ids)
        return {one: self._token(one, caller) for one in picture_ids if one in known}

    def _token(self, picture_id: str, caller: Caller) -> str:
        return self._tokens.view(picture_id, caller.viewing_session_id)


def routes(
    library: Library,
    delivery: Delivery,
    threads: PixelThreads,
    described: Described,
    gate: Gate,
    picture_rate: Rate,
    looked_at: Callable[[str], None],
) -> APIRouter:
    """Return the routes of this room; `looked_at` hears of each folder that is listed."""
    router = APIRouter(tags=["library"])
    Viewer = Annotated[Caller, Depends(gate.require(LOOKS_AT_PICTURES, scope=KeyScope.PICTURES_READ))]
    Curator = Annotated[Caller, Depends(gate.require(CURATES, scope=KeyScope.PICTURES_WRITE))]
    Watcher = Annotated[
        Caller,
        Depends(gate.require(LOOKS_AT_PICTURES, rate=picture_rate, scope=KeyScope.PICTURES_READ)),
    ]

    @router.get("/library")
    def overview(caller: Viewer) -> LibraryAnswer:
        """Return the counts of the views, the folders and the months."""
        found = library.overview(caller)
        return LibraryAnswer(
            counts=CountsAnswer(**{view.value: number for view, number in found.counts.items()}),
            folders=[
                FolderAnswer(path=folder.path, name=folder.name, depth=folder.depth, count=folder.count)
                for folder in found.folders
            ],
            months=[MonthAnswer(month=month, count=number) for month, number in found.months],
        )

    @router.get("/images")
    def images(
        caller: Viewer,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(max_length=256)] = None,
        view: View = View.ALL,
        folder: Annotated[Storable | None, Query(max_length=4096)] = None,
        album: Id | None = None,
        q: Annotated[Storable | None, Query(max_length=256)] = None,
    ) -> PageAnswer:
        """Return a page of pictures, newest first."""
        if folder is not None:
            looked_at(folder)
        page = library.page(caller, view, folder=folder, album=album, words=q, cursor=cursor, limit=limit)
        items = [described.picture(picture, caller) for picture in page.pictures]
        return PageAnswer(items=items, next=page.next, total=page.total)

    @router.get("/images/by-hash/{content_hash}")
    def by_hash(
        caller: Viewer, content_hash: Annotated[str, Path(pattern="^[0-9a-fA-F]{64}$")]
    ) -> PictureAnswer:
        """Return the picture of a content, by its SHA-256."""
        return described.picture(library.by_hash(caller, content_hash), caller)

    @router.post("/images/tokens")
    def tokens(caller: Viewer, body: TokensBody) -> TokensAnswer:
        """Return fresh view tokens."""
        return TokensAnswer(
            tokens=described.tokens(body.ids, caller), expires_in=int(VIEW_LIFE.total_seconds())
        )

    @router.get("/images/{picture_id}")
    def image(caller: Viewer, picture_id: Id) -> DetailsAnswer:
        """Return everything about one picture."""
        return described.details(picture_id, caller)

    @router.patch("/images/{picture_id}")
    def change(caller: Curator, picture_id: Id, body: ChangeBody) -> PictureAnswer:
        """Change rating, flag, favourite, title or tags."""
        return described.picture(library.update(caller, picture_id, body.changes()), caller)

    @router.get(
        "/secure/image/{picture_id}/view",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "The picture as this viewer may have it."}
        },
    )
    async def view_image(
        caller: Watcher,
        picture_id: Id,
        rendition: Kind = Kind.SCREEN,
        column: Annotated[int, Query(ge=0, le=4096)] = 0,
        row: Annotated[int, Query(ge=0, le=4096)] = 0,
        token: Annotated[str | None, Query(max_length=2048)] = None,
        x_view_token: Annotated[str | None, Header(max_length=2048)] = None,
    ) -> Response:
        """Return a rendition with the caller's mark in its pixels."""
        granted = x_view_token or token
        if granted is None:
            raise ViewTokenMissing
        where = (column, row) if rendition is Kind.TILE else (0, 0)
        view = partial(delivery.view, caller, granted, picture_id, rendition, *where)
        return jpeg_response(await threads.run(rendition, view))

    return router


def jpeg_response(delivered: Delivered) -> Response:
    """Return the answer with a picture in it."""
    return Response(
        delivered.content,
        media_type="image/jpeg",
        headers={
            "Cache-Control": "no-store",
            "X-Rendition-Width": str(delivered.width),
            "X-Rendition-Height": str(delivered.height),
        },
    )
