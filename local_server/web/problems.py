"""Every error as a problem document (RFC 9457): a code, a sentence, what to do next, and the request's id."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from local_server.errors import Failure, Outage, Rejection
from local_server.web.errors import InternalError, MethodNotAllowed, NotFound, RequestInvalid

MEDIA_TYPE: Final = "application/problem+json"
_log = structlog.get_logger("web")


class Problem(BaseModel):
    """A problem document; some codes add members, such as `retry_after`."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    advice: str
    request_id: str


# How the interface's description tells of errors: the same for every route.
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "What went wrong, as a problem document; errors.json lists the codes.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def document(failure: Failure, scope: Scope) -> dict[str, Any]:
    """Return the fields of the problem document."""
    return {
        **{name: value for name, value in failure.facts.items() if value is not None},
        "type": f"urn:vaultsecure:problem:{failure.code}",
        "title": failure.title,
        "status": failure.status,
        "detail": failure.detail,
        "code": failure.code,
        "advice": failure.advice,
        "request_id": scope.get("state", {}).get("request_id"),
    }


def answer(failure: Failure, scope: Scope, *, more: Mapping[str, Any] | None = None) -> Response:
    """Return the response that tells of a failure."""
    headers = {}
    if failure.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in failure.facts:
        headers["Retry-After"] = str(failure.facts["retry_after"])
    return Response(
        json.dumps({**document(failure, scope), **(more or {})}),
        status_code=failure.status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def install(app: FastAPI) -> None:
    """Answer every exception of the application with a problem document."""
    for kind in (Failure, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answered)


async def _answered(request: Request, error: Exception) -> Response:
    more: dict[str, Any] = {}
    headers: Mapping[str, str] = {}
    match error:
        case Failure():
            failure = error
            if isinstance(error, Outage):
                _log.error("outage", code=error.code, detail=error.detail)
        case RequestValidationError():
            # The fields that are wrong; never their values, which may be a password.
            more["errors"] = [
                {"field": ".".join(str(part) for part in fault["loc"]), "message": str(fault["msg"])}
                for fault in error.errors()
            ]
            failure = RequestInvalid(
                "; ".join(f"{fault['field']}: {fault['message']}" for fault in more["errors"][:5])
            )
        case HTTPException():
            headers = error.headers or {}
            if error.status_code == 405:
                headers = {"Allow": await asyncio.to_thread(_allowed, request.app, request.scope["path"])}
            known = _OF_STATUS.get(error.status_code)
            failure = known() if known else RequestInvalid(str(error.detail))
        case _:
            # A bug: nothing is said of it but where its report is, and that the envelope writes.
            failure = InternalError()
    response = answer(failure, request.scope, more=more)
    response.headers.update(headers)
    return response


def _allowed(app: FastAPI, path: str) -> str:
    """Return every method that an address takes (RFC 9110, 10.2.1), as the description has it.

    The router knows only the methods of one route, and a name in an address may look like an id in another.
    """
    described: Mapping[str, Mapping[str, object]] = app.openapi()["paths"]
    address = re.sub(r"^/api/v1/", "/api/", path)
    methods = described.get(address) or next(
        (
            methods
            for template, methods in described.items()
            if re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)), address)
        ),
        {},
    )
    return ", ".join(sorted(method.upper() for method in methods))


_OF_STATUS: Final[Mapping[int, type[Rejection]]] = {404: NotFound, 405: MethodNotAllowed}
