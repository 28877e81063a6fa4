"""The embedded worker as the server's health tells of it."""

from typing import Any

from tests.support.server import Client
from tests.support.waiting import until


def worker_of(client: Client) -> dict[str, Any]:
    """Return what is told of it: status, pid (None while there is none), restarts."""
    found = client.get("/health").json()["services"]["worker"]
    assert isinstance(found, dict)
    return found


def healthy_worker(client: Client) -> dict[str, Any]:
    """Wait for a worker that lives, and return what is told of it."""
    return until(
        lambda: found if (found := worker_of(client))["status"] == "healthy" else {}, "a healthy worker"
    )
