"""The gate before every route: who is asking, and does the role allow it."""

from collections.abc import Collection
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from local_server.accounts.errors import NotAllowed, TokenMissing
from local_server.accounts.models import Caller, Narrow, Role
from local_server.accounts.sessions import Sessions
from local_server.web.rates import Rate

bearer = HTTPBearer(auto_error=False, description="The access token of POST /session.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


class Guard:
    """A route's dependency; returns the caller.

    Raises TokenMissing, what `Sessions.check` raises, NotAllowed or TooManyRequests.
    """

    def __init__(
        self, sessions: Sessions, roles: Collection[Role], rate: Rate | None, admits: frozenset[Narrow]
    ) -> None:
        self._sessions = sessions
        self.roles = frozenset(roles)
        self._rate = rate
        self._admits = admits

    def __call__(self, request: Request, credentials: Credentials) -> Caller:
        if credentials is None:
            raise TokenMissing
        caller = self._sessions.check(credentials.credentials, self._admits)
        if caller.role not in self.roles:
            raise NotAllowed(f"The role {caller.role} is not among those that may.")
        if self._rate is not None:
            self._rate.spend("account", caller.account_id)
        return caller


class Gate:
    """Makes the dependency of each route; no route is open to a role that it does not name."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def require(
        self, roles: Collection[Role], *, rate: Rate | None = None, admits: frozenset[Narrow] = frozenset()
    ) -> Guard:
        """Return the dependency that lets these roles in, each person as often as the rate allows.

        A grace sign-in is let in only where `admits` names what it is good for.
        """
        return Guard(self._sessions, roles, rate, admits)
