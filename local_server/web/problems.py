"""Every error as a problem document (RFC 9457): a code, a sentence, what to do next, and the request's id."""

import json
from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from local_server.errors import Failure, Outage
from local_server.web.errors import InternalError, MethodNotAllowed, NotFound, RequestInvalid

MEDIA_TYPE: Final = "application/problem+json"
_log = structlog.get_logger("web")


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
    app.add_exception_handler(Failure, _failure)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


async def _failure(request: Request, error: Exception) -> Response:
    assert isinstance(error, Failure)
    if isinstance(error, Outage):
        _log.error("outage", code=error.code, detail=error.detail)
    return answer(error, request.scope)


async def _invalid(request: Request, error: Exception) -> Response:
    """Name the fields that are wrong; never their values, which may be a password."""
    assert isinstance(error, RequestValidationError)
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"]), "message": str(fault["msg"])}
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults[:5])
    return answer(RequestInvalid(detail), request.scope, more={"errors": faults})


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            failure: Failure = NotFound()
        case 405:
            failure = MethodNotAllowed()
        case _:
            failure = RequestInvalid(str(error.detail))
    response = answer(failure, request.scope)
    response.headers.update(error.headers or {})
    return response


async def _bug(request: Request, _error: Exception) -> Response:
    """Say nothing of a bug but where its report is; the envelope writes the report."""
    return answer(InternalError(), request.scope)
