"""GET /health at the root and under /api, GET /debug, and GET /metrics at the root."""

import asyncio
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from local_server import VERSION
from local_server.accounts.gate import Credentials, Gate
from local_server.accounts.models import EVERYONE, Role
from local_server.health.debug import Debug
from local_server.health.metrics import Metrics
from local_server.health.metrics_access import MetricsAccess
from local_server.health.models import Report, Status
from local_server.health.service import Health
from local_server.web import problems
from local_server.web.bodies import Answer


class HealthAnswer(Answer):
    """The state of the server; all but `status` is for those who have signed in."""

    status: Status
    timestamp: datetime | None = None
    version: str | None = None
    services: dict[str, dict[str, Any]] | None = None


class RootHealthAnswer(Answer):
    """What a supervisor or a container's health check needs."""

    status: str
    reasons: list[str] | None = None


class DebugAnswer(Answer):
    """What discovery and the servers see."""

    gallery: dict[str, Any]
    settings: dict[str, Any]
    discovery: dict[str, Any]
    last_errors: list[dict[str, Any]]
    versions: dict[str, str | None]
    processes: list[dict[str, Any]]
    nodes: list[dict[str, Any]]
    health: HealthAnswer


def routes(health: Health, debug: Debug, gate: Gate) -> APIRouter:
    """Build the routes under /api."""
    router = APIRouter(tags=["health"])
    signed_in = gate.require(EVERYONE)

    # The description says that it may be asked without a token too.
    @router.get(
        "/health",
        response_model_exclude_unset=True,
        openapi_extra={"security": [{}, {"HTTPBearer": []}]},
    )
    def state(request: Request, credentials: Credentials) -> HealthAnswer:
        """Return the state of each service; without a token the overall status alone."""
        report = health.report()
        if credentials is None:
            return HealthAnswer(status=report.status)
        signed_in(request, credentials)
        return _told(report)

    @router.get("/debug", dependencies=[Depends(gate.require({Role.ADMIN}))])
    def everything() -> DebugAnswer:
        """Return settings, what discovery found, the last errors, versions and processes."""
        return DebugAnswer(**debug.collect(), health=_told(health.report()))

    return router


def root_routes(health: Health, metrics: Metrics, access: MetricsAccess) -> APIRouter:
    """Build the routes at the root: fast, and without any secret."""
    router = APIRouter(tags=["health"])

    @router.get("/health", response_model_exclude_unset=True, responses={503: {"model": RootHealthAnswer}})
    async def alive(response: Response) -> RootHealthAnswer:
        """Answer 200 while the server can serve, 503 with the reasons otherwise."""
        # Not on the threads of the requests: all of them may wait for the part that hangs.
        report = health.known()
        if report is None:
            report = await asyncio.to_thread(health.report)
        if report.status is not Status.UNHEALTHY:
            return RootHealthAnswer(status="ok")
        response.status_code = 503
        return RootHealthAnswer(status="unhealthy", reasons=list(report.reasons))

    @router.get(
        "/metrics",
        dependencies=[Depends(access)],
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems.RESPONSES},
    )
    async def numbers() -> Response:
        """Return what Prometheus collects; a few milliseconds, and waiting for nothing."""
        return Response(metrics.text(), media_type=metrics.content_type)

    return router


def _told(report: Report) -> HealthAnswer:
    services = {
        name: {"status": state.status, **state.facts, **({"reason": state.reason} if state.reason else {})}
        for name, state in report.parts.items()
    }
    return HealthAnswer(status=report.status, timestamp=report.time, version=VERSION, services=services)
