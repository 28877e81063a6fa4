"""The application around the rooms: their routes, and the layers that every request passes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from local_server import VERSION
from local_server.web import problems
from local_server.web.body import BodyLimit
from local_server.web.doorway import LAUNCH_SECRET, Doorway
from local_server.web.envelope import Envelope
from local_server.web.proxies import Proxies


def framed(
    rooms: Sequence[APIRouter],
    roots: Sequence[APIRouter],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    *,
    port: int,
    hosts: Sequence[str],
    launch_secret: str | None,
    origins: Sequence[str],
    proxies: Sequence[str] = (),
    measured: Sequence[Middleware] = (),
    innermost: Sequence[Middleware] = (),
    larger_bodies: Mapping[tuple[str, str], int] | None = None,
) -> FastAPI:
    """Return the application: `rooms` under /api and, the same, /api/v1; `roots` beside them.

    What `measured` holds sees every request, also those that are refused further in; what is `innermost`
    those alone that were let in. `larger_bodies` says of a method and a path how large a body may be there.
    """
    layers = [
        Middleware(Proxies, trusted=proxies),
        Middleware(Envelope),
        *measured,
        Middleware(Doorway, port=port, hosts=hosts, launch_secret=launch_secret, origins=origins),
    ]
    if origins:
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-View-Token", LAUNCH_SECRET],
            )
        )
    layers += [Middleware(BodyLimit, larger=larger_bodies), *innermost]
    app = FastAPI(
        title="VaultSecure Gallery",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=layers,
        generate_unique_id_function=_operation,
    )
    for prefix in ("/api", "/api/v1"):
        for room in rooms:
            app.include_router(
                room, prefix=prefix, include_in_schema=prefix == "/api", responses=problems.RESPONSES
            )
    for room in roots:
        app.include_router(room)
    problems.install(app)
    app.state.routers = [("/api", rooms), ("", roots)]  # for whoever asks what there is
    return app


def _operation(route: APIRoute) -> str:
    return route.name
