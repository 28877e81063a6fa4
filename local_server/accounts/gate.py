"""The gate before every route: who is asking, and does the role, or the scope of an API key, allow it."""

from collections.abc import Collection
from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from local_server.accounts.api_keys.errors import KeyInvalid, KeyRefused, ScopeMissing
from local_server.accounts.api_keys.service import Keys
from local_server.accounts.bodies import caller_address
from local_server.accounts.errors import NotAllowed, TokenMissing
from local_server.accounts.models import Caller, KeyScope, Narrow, Role
from local_server.accounts.sessions import Sessions
from local_server.web.rates import Rate

API_KEY: Final = "X-API-Key"
bearer = HTTPBearer(auto_error=False, description="The access token of POST /session.")
key_header = APIKeyHeader(name=API_KEY, auto_error=False, description="A key of POST /api-keys.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
Key = Annotated[str | None, Security(key_header)]


class Guard:
    """A route's dependency, for people alone; returns the caller.

    Raises TokenMissing, KeyRefused, what `Sessions.check` raises, NotAllowed or TooManyRequests.
    """

    def __init__(
        self, sessions: Sessions, roles: Collection[Role], rate: Rate | None, admits: frozenset[Narrow]
    ) -> None:
        self._sessions = sessions
        self.roles = frozenset(roles)
        self._rate = rate
        self._admits = admits

    def __call__(self, request: Request, credentials: Credentials) -> Caller:
        if API_KEY in request.headers:
            raise KeyRefused
        if credentials is None:
            raise TokenMissing
        return self._admitted(self._sessions.check(credentials.credentials, self._admits))

    def _admitted(self, caller: Caller) -> Caller:
        if caller.role not in self.roles:
            raise NotAllowed(f"The role {caller.role} is not among those that may.")
        if self._rate is not None:
            self._rate.spend("account", caller.account_id)
        return caller


class KeyedGuard(Guard):
    """One for people, and for programs whose API key has the scope; raises what `Keys.check` raises too."""

    def __init__(
        self,
        sessions: Sessions,
        roles: Collection[Role],
        rate: Rate | None,
        admits: frozenset[Narrow],
        scope: KeyScope,
        keys: Keys,
        key_rate: Rate,
    ) -> None:
        super().__init__(sessions, roles, rate, admits)
        self.scope = scope
        self._keys = keys
        self._key_rate = key_rate

    def __call__(self, request: Request, credentials: Credentials, key: Key) -> Caller:  # type: ignore[override]  # FastAPI reads what each takes
        # An empty header is no key, and no way around one either.
        key = request.headers.get(API_KEY)
        if key is None:
            return super().__call__(request, credentials)
        if credentials is not None:
            raise KeyInvalid("The request has an access token too; send one of them.")
        caller = self._keys.check(key, caller_address(request))
        self._key_rate.spend("key", caller.api_key_id or "")
        if not caller.may(self.scope):
            raise ScopeMissing(f"It needs the scope {self.scope}.")
        return self._admitted(caller)


class Gate:
    """Makes the dependency of each route; no route is open to a role, or to a key, that it does not name."""

    def __init__(self, sessions: Sessions, keys: Keys, key_rate: Rate) -> None:
        self._sessions = sessions
        self._keys = keys
        self._key_rate = key_rate

    def require(
        self,
        roles: Collection[Role],
        *,
        rate: Rate | None = None,
        admits: frozenset[Narrow] = frozenset(),
        scope: KeyScope | None = None,
    ) -> Guard:
        """Return the dependency that lets these roles in, each person as often as the rate allows.

        A grace sign-in is let in only where `admits` names what it is good for, an API key only where `scope`
        names what it must be meant for.
        """
        if scope is None:
            return Guard(self._sessions, roles, rate, admits)
        return KeyedGuard(self._sessions, roles, rate, admits, scope, self._keys, self._key_rate)
