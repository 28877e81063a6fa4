"""HTTP of taking a picture out of the gallery: for people who curate, never for a program's key."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic import Field

from local_server.accounts.gate import Gate
from local_server.accounts.models import CURATES, Caller
from local_server.library.exports import Exports, What
from local_server.web.bodies import Body, Id, Line
from local_server.web.rates import Rate


class ExportBody(Body):
    """What is taken out, and why; a picture of any level but open takes a reason."""

    what: Annotated[What, Field(strict=False)] = What.COPY
    reason: Annotated[Line, Field(max_length=500)] = ""


def routes(exports: Exports, gate: Gate, rate: Rate) -> APIRouter:
    """Return the route of exports."""
    router = APIRouter(tags=["library"])

    @router.post(
        "/images/{picture_id}/export",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}},
    )
    def take_out(
        caller: Annotated[Caller, Depends(gate.require(CURATES, rate=rate))], picture_id: Id, body: ExportBody
    ) -> StreamingResponse:
        """Return the original, or a full-size copy with the caller's mark; either way it is recorded."""
        exported = exports.export(caller, picture_id, body.what, body.reason.strip())
        return StreamingResponse(
            exported.chunks,
            media_type="application/octet-stream",
            headers={
                "Cache-Control": "no-store",
                "Content-Length": str(exported.size),
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(exported.name, safe='')}",
            },
        )

    return router
