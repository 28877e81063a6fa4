"""GET /audit/export."""

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from local_server.accounts.gate import Gate
from local_server.accounts.models import READS_RECORDS, Caller, KeyScope
from local_server.audit.service import Audit


def routes(audit: Audit, gate: Gate) -> APIRouter:
    """Build the audit room's routes."""
    router = APIRouter(tags=["audit"])

    @router.get(
        "/audit/export",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
    )
    def export(
        caller: Annotated[Caller, Depends(gate.require(READS_RECORDS, scope=KeyScope.RECORDS_READ))],
    ) -> StreamingResponse:
        """Stream the whole audit log, a JSON object a line; the export is itself an entry.

        The first line names the log and its public key; checkpoints stand after the entries they sign.
        """
        return StreamingResponse(
            _lines(audit, caller),
            media_type="application/x-ndjson",
            headers={"Content-Disposition": 'attachment; filename="audit.ndjson"'},
        )

    return router


def _lines(audit: Audit, caller: Caller) -> Iterator[str]:
    for entry in audit.export(caller):
        yield json.dumps(entry, sort_keys=True) + "\n"
