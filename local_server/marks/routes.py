"""GET /session/overlay."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from local_server.accounts.gate import Gate
from local_server.accounts.models import LOOKS_AT_PICTURES, Caller
from local_server.marks.identity import MarkId
from local_server.marks.service import Overlays


def routes(overlays: Overlays, gate: Gate) -> APIRouter:
    """Build the marks room's route."""
    router = APIRouter(tags=["session"])

    @router.get(
        "/session/overlay",
        response_class=Response,
        responses={200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    def overlay(caller: Annotated[Caller, Depends(gate.require(LOOKS_AT_PICTURES))]) -> Response:
        """Return the tile of the caller's own mark, to be painted over pictures in device pixels."""
        return Response(
            overlays.png(MarkId(caller.mark), strong=caller.strong),
            media_type="image/png",
            headers={"Cache-Control": "no-store"},
        )

    return router
