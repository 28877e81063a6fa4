"""Who is signed in: tokens in memory, refreshed before they expire, kept on request; on the io thread."""

import asyncio
import hashlib
import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desktop.client.errors import Failure, KeyStoreAbsent, SessionEnded
from desktop.client.key_store import Kept, KeyStore
from desktop.client.models import BrowserSignIn, SecondFactorOn, SecondFactorSecret, SignedIn
from desktop.client.transport import Transport, read_json

REFRESH_BEFORE = 30.0
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine as the server records it."""

    id: str
    name: str
    client: str = "desktop"


def this_machine() -> Machine:
    """Describe this computer by its name and an id that tells nothing else of it."""
    try:
        seed = Path("/etc/machine-id").read_text(encoding="ascii")
    except OSError:
        seed = platform.node() + platform.machine()
    return Machine(
        hashlib.sha256(b"vaultsecure machine " + seed.encode()).hexdigest()[:32], platform.node()[:128]
    )


class Session:
    """The tokens of one person; `authorise` always gives an access token that is good for some seconds."""

    def __init__(
        self,
        transport: Transport,
        key_store: KeyStore,
        machine: Machine,
        *,
        clock: Callable[[], float],
        wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_lost: Callable[[Failure], None] = lambda failure: None,
    ) -> None:
        self._transport = transport
        self._key_store = key_store
        self._machine = machine
        self._clock = clock
        self._wall_clock = wall_clock
        self._on_lost = on_lost
        self._signed_in: SignedIn | None = None
        self._good_until = 0.0
        self._kept = False
        self._refreshing: asyncio.Task[None] | None = None
        self.clock_error = timedelta(0)

    @property
    def signed_in(self) -> SignedIn | None:
        """Who is signed in, or None."""
        return self._signed_in

    @property
    def kept(self) -> bool:
        """Say whether the key store holds what signs this person in again."""
        return self._kept

    def check_clock(self, server_time: datetime) -> None:
        """Note how far this machine's clock is from the server's."""
        self.clock_error = self._wall_clock() - server_time

    @property
    def clock_is_wrong(self) -> bool:
        """Say whether the two clocks disagree so much that tokens may seem expired."""
        return abs(self.clock_error) > CLOCK_TOLERANCE

    async def set_up(self, name: str, password: str, gallery_folder: str | None, samples: bool) -> SignedIn:
        """Create the first admin and sign in as that person."""
        return await self._open(
            "/api/setup",
            {
                "name": name,
                "password": password,
                "gallery_folder": gallery_folder,
                "samples": samples,
                "machine": asdict(self._machine),
            },
        )

    async def sign_in(self, name: str, password: str, second_factor: str | None = None) -> SignedIn:
        """Open a viewing session with a password.

        Here and below: an answer that is not whole is not kept, its holder does with it what is due.
        """
        return await self._open(
            "/api/session",
            {
                "name": name,
                "password": password,
                "second_factor": second_factor,
                "machine": asdict(self._machine),
            },
        )

    async def start_organisation(self, redirect_uri: str) -> BrowserSignIn:
        """Begin a sign-in that goes on in the browser."""
        response = await self._transport.request(
            "POST",
            "/api/session/organisation/start",
            json={"redirect_uri": redirect_uri, "machine": asdict(self._machine)},
        )
        return BrowserSignIn.read(read_json(response))

    async def finish_organisation(self, state: str, code: str, ticket: str) -> SignedIn:
        """Open a viewing session with what the browser brought back."""
        return await self._open(
            "/api/session/organisation/finish", {"state": state, "code": code, "ticket": ticket}
        )

    async def redeem(self, name: str, code: str, second_factor: str | None = None) -> SignedIn:
        """Come in with a one-time code of an admin, to choose a new password."""
        return await self._open(
            "/api/session/reset",
            {"name": name, "code": code, "second_factor": second_factor, "machine": asdict(self._machine)},
        )

    async def choose_password(self, held: SignedIn, current: str | None, new: str) -> SignedIn:
        """Change the password by the token of somebody whose password is due."""
        response = await self._transport.request(
            "PUT",
            "/api/session/password",
            token=held.access_token,
            repeatable=False,  # a second time the present password would be the new one
            json={"current": current, "new": new},
        )
        return self._enter(SignedIn.read(read_json(response)))

    async def begin_second_factor(self, held: SignedIn) -> SecondFactorSecret:
        """Begin to set up a second factor by the token of somebody who can do nothing else."""
        response = await self._transport.request(
            "POST", "/api/session/second-factor", token=held.access_token, json={}
        )
        return SecondFactorSecret.read(read_json(response))

    async def confirm_second_factor(self, held: SignedIn, code: str) -> SecondFactorOn:
        """Confirm it with its first code."""
        response = await self._transport.request(
            "PUT",
            "/api/session/second-factor",
            token=held.access_token,
            repeatable=False,  # the recovery codes come once
            json={"code": code},
        )
        confirmed = SecondFactorOn.read(read_json(response))
        if confirmed.session is not None:
            self._enter(confirmed.session)
        return confirmed

    async def keep(self) -> None:
        """Keep the signed-in person in the key store; raises `KeyStoreAbsent` where there is none."""
        if self._signed_in is None:
            raise _ended()
        await self._key_store.keep(Kept(self._signed_in.account.name, self._signed_in.refresh_token))
        self._kept = True

    async def resume(self) -> SignedIn | None:
        """Sign in again with what was kept; None when nothing was kept or it is no longer good."""
        kept = await self._key_store.fetch()
        if kept is None:
            return None
        try:
            self._take(await self._exchange(kept.refresh_token))
        except SessionEnded:
            await self._key_store.drop()
            return None
        await self.keep()
        return self._signed_in

    async def authorise(self) -> str:
        """Return an access token that lives for some seconds yet; raises `SessionEnded` without a session."""
        if self._signed_in is None:
            raise _ended()
        if self._clock() > self._good_until - REFRESH_BEFORE:
            await self.refresh(self._signed_in.access_token)
        return self._signed_in.access_token

    async def refresh(self, instead_of: str) -> None:
        """Exchange the tokens, once for all that ask at the same time, unless `instead_of` is old already."""
        if self._signed_in is None:
            raise _ended()
        if self._signed_in.access_token != instead_of:
            return
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh(self._signed_in.refresh_token))
            self._refreshing.add_done_callback(self._refreshed)
        # One asker that is cancelled must not cancel the refresh of the others.
        await asyncio.shield(self._refreshing)

    async def renew(self, signed_in: SignedIn) -> None:
        """Go on with other tokens of the same session."""
        self._take(signed_in)
        if self._kept:
            try:
                await self.keep()
            except KeyStoreAbsent:
                self._kept = False  # the store went away: the session goes on, it is just not kept

    async def sign_out(self) -> None:
        """End the session; our tokens are forgotten even when the server does not answer."""
        signed_in, kept = self._signed_in, self._kept
        self.forget()
        try:
            if kept:
                await self._key_store.drop()
        finally:
            if signed_in is not None:
                try:
                    await self._transport.request("DELETE", "/api/session", token=signed_in.access_token)
                except SessionEnded:
                    return  # the server had ended it already

    def lose(self, token: str, ended: Failure) -> None:
        """Take note that the server has ended the session this access token was for."""
        if self._signed_in is not None and self._signed_in.access_token == token:
            self.forget()
            self._on_lost(ended)

    def forget(self) -> None:
        """Drop the tokens in memory."""
        self._signed_in = None
        self._kept = False

    async def _open(self, path: str, body: dict[str, object]) -> SignedIn:
        response = await self._transport.request("POST", path, json=body)
        return self._enter(SignedIn.read(read_json(response)))

    def _enter(self, signed_in: SignedIn) -> SignedIn:
        return self._take(signed_in) if signed_in.whole else signed_in

    def _take(self, signed_in: SignedIn) -> SignedIn:
        self._signed_in = signed_in
        self._good_until = self._clock() + signed_in.expires_in
        self.check_clock(signed_in.server_time)
        return signed_in

    async def _exchange(self, refresh_token: str) -> SignedIn:
        response = await self._transport.request(
            "POST",
            "/api/session/refresh",
            json={"refresh_token": refresh_token, "machine": asdict(self._machine)},
        )
        return SignedIn.read(read_json(response))

    async def _refresh(self, refresh_token: str) -> None:
        try:
            signed_in = await self._exchange(refresh_token)
        except SessionEnded as ended:
            if self._signed_in is not None and self._signed_in.refresh_token == refresh_token:
                kept = self._kept
                self.lose(self._signed_in.access_token, ended)
                if kept:
                    with suppress(KeyStoreAbsent):  # then there is nothing to drop either
                        await self._key_store.drop()
            raise
        if self._signed_in is None:
            return  # signed out meanwhile
        await self.renew(signed_in)

    def _refreshed(self, task: asyncio.Task[None]) -> None:
        self._refreshing = None
        if not task.cancelled() and isinstance(task.exception(), Exception):
            # Awaited by those who asked; looked at here so that a cancelled asker leaves no unread exception.
            return


def _ended() -> Failure:
    return SessionEnded(
        "session_ended",
        "You are not signed in any more.",
        "Sign in again: you come back to where you were.",
        status=401,
    )
