"""People who are signed in to the shared server."""

from collections.abc import Mapping

import pytest

from tests.support.server import ROLES, Client, Server


@pytest.fixture(scope="module")
def people(server: Server) -> Mapping[str, Client]:
    """Return a signed-in client for every role; a token does not outlive a long test run, but a module."""
    return {role: server.signed_in(role) for role in ROLES}
