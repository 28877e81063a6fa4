"""What somebody who is signed in changes about their own sign-in; on the io thread."""

from collections.abc import Awaitable, Callable

import httpx

from desktop.client.models import SecondFactorOn, SecondFactorSecret, SignedIn
from desktop.client.session import Session
from desktop.client.transport import read_json

FACTOR = "/api/session/second-factor"


class OwnSignIn:
    """The own password and second factor; `send` is how `client.api.Gallery` asks."""

    def __init__(self, send: Callable[..., Awaitable[httpx.Response]], session: Session) -> None:
        self._send = send
        self._session = session

    async def change_password(self, current: str, new: str) -> None:
        """Change the password, and go on with the tokens that come for it."""
        body = {"current": current, "new": new}
        # A second time the present password would be the new one.
        response = await self._send("PUT", "/api/session/password", json=body, repeatable=False)
        await self._session.renew(SignedIn.read(read_json(response)))

    async def begin_second_factor(self, password: str) -> SecondFactorSecret:
        """Fetch a secret, which waits for its first code."""
        return SecondFactorSecret.read(
            read_json(await self._send("POST", FACTOR, json={"password": password}))
        )

    async def confirm_second_factor(self, code: str) -> SecondFactorOn:
        """Switch it on; the recovery codes come this once."""
        body = {"code": code}
        return SecondFactorOn.read(read_json(await self._send("PUT", FACTOR, json=body, repeatable=False)))

    async def remove_second_factor(self, password: str) -> None:
        """Remove it."""
        await self._send("DELETE", FACTOR, json={"password": password})
