"""What the server promises, written out: OpenAPI, error codes, settings, and who may ask for what.

`python -m local_server.contract` writes the files anew; a test compares them with the code.
"""

import importlib
import json
import pkgutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

import local_server
from local_server.accounts.api_keys.document import page
from local_server.accounts.gate import Guard, KeyedGuard
from local_server.accounts.models import Role
from local_server.app import build
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.errors import Failure, Outage
from local_server.installation import Installation
from local_server.settings import Settings
from local_server.settings.document import table
from local_server.storage.blobs import Blobs
from local_server.storage.keys import Keys
from local_server.storage.sealing import Sealer
from local_server.web.problems import Problem

ROOT: Final = Path(__file__).resolve().parents[1]

# The families are no answers of their own.
FAMILIES: Final = frozenset({"failure"})


def files() -> Mapping[Path, str]:
    """Return what each committed file must hold."""
    return {
        ROOT / "resources/contract/openapi.json": _json(openapi()),
        ROOT / "resources/contract/errors.json": _json(errors()),
        ROOT / "docs/settings.md": table(),
        ROOT / "docs/api.md": page(openapi()),
    }


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the server."""
    with tempfile.TemporaryDirectory() as folder:
        data = DataDirectory(Path(folder))
        database = Database(data.catalogue)
        settings = Settings(data_dir=data.root)
        # Nothing is opened: the routes are read, not served.
        blobs = Blobs(data.blobs, Sealer(bytes(32)))
        nothing = Installation(settings, data, database, Keys(bytes(32), "file"), blobs, "")
        app = build(nothing, port=0, launch_secret=None)
        database.close()
        document = app.openapi()
        for path, method, guard in _guards(app):
            operation = document["paths"].get(path, {}).get(method)
            if operation is not None:
                operation["x-roles"] = [role.value for role in Role if role in guard.roles]
                if isinstance(guard, KeyedGuard):
                    operation["x-scope"] = guard.scope.value
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    return document


def _guards(app: FastAPI) -> Iterator[tuple[str, str, Guard]]:
    """Yield the path, method and guard of every route that has one."""
    for prefix, routers in app.state.routers:
        for route in (route for router in routers for route in router.routes):
            for dependency in route.dependant.dependencies if isinstance(route, APIRoute) else ():
                if isinstance(dependency.call, Guard):
                    for method in route.methods or ():
                        yield prefix + route.path, method.lower(), dependency.call


def errors() -> dict[str, Any]:
    """Return every code with its title, advice, HTTP status and family."""
    found: dict[str, Any] = {}
    for kind in failures():
        entry = {
            "title": kind.title,
            "advice": kind.advice,
            "status": kind.status,
            "family": "outage" if issubclass(kind, Outage) else "rejection" if kind.status < 500 else "bug",
        }
        if found.setdefault(kind.code, entry)["status"] != entry["status"]:
            raise ValueError(f"two failures with the code {kind.code} and different statuses")
    return dict(sorted(found.items()))


def failures() -> Iterator[type[Failure]]:
    """Yield every failure that the code can raise."""
    for module in pkgutil.walk_packages(local_server.__path__, "local_server."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    waiting = [Failure]
    while waiting:
        kind = waiting.pop()
        waiting += sorted(kind.__subclasses__(), key=lambda sub: sub.__qualname__)
        if kind.code not in FAMILIES and kind.__module__.startswith("local_server."):
            yield kind


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
