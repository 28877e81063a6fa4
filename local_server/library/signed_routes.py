"""HTTP of signed addresses, for who shows pictures in a web page."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response

from local_server.accounts.gate import Gate
from local_server.accounts.models import LOOKS_AT_PICTURES, Caller
from local_server.library.delivery import Delivered, Kind
from local_server.library.pixel_threads import PixelThreads
from local_server.library.routes import jpeg_response
from local_server.library.signed import SignedAddresses
from local_server.web.bodies import Answer, Body, Id
from local_server.web.rates import Rate


class AddressBody(Body):
    """What of the picture the address is for."""

    rendition: Literal["thumbnail", "screen"] = "screen"


class AddressAnswer(Answer):
    """A path on this server, good until then and no longer than the session."""

    url: str
    expires_at: datetime


def routes(addresses: SignedAddresses, threads: PixelThreads, gate: Gate, rate: Rate) -> APIRouter:
    """Return the routes of signed addresses."""
    router = APIRouter(tags=["library"])

    @router.post("/images/{picture_id}/url", status_code=201)
    def sign(
        caller: Annotated[Caller, Depends(gate.require(LOOKS_AT_PICTURES, rate=rate))],
        picture_id: Id,
        body: AddressBody,
    ) -> AddressAnswer:
        """Return an address of a picture that needs no other token."""
        token, expires_at = addresses.sign(caller, picture_id, Kind(body.rendition))
        return AddressAnswer(
            url=f"/api/secure/image/{quote(picture_id)}/signed?token={token}", expires_at=expires_at
        )

    @router.get(
        "/secure/image/{picture_id}/signed",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}, "description": "The picture, marked."}},
    )
    async def view_signed(
        picture_id: Id, token: Annotated[str, Query(min_length=1, max_length=2048)]
    ) -> Response:
        """Return what a signed address names."""

        def view() -> Delivered:
            return addresses.view(picture_id, token, lambda caller: rate.spend("account", caller.account_id))

        # Most name a picture for the screen; a thumbnail among them waits with those.
        return jpeg_response(await threads.run(Kind.SCREEN, view))

    return router
