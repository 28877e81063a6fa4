"""Many people who look at pictures at the same time, in one process: what they wait for, and what fails."""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.support.reports import report
from tests.support.server import MACHINE, PASSWORD, Server, claim

LIST, TOKENS, HEALTH, THUMBNAIL, VIEW, TILE, SOCKET, REPORT, SIGN_IN, CLAIM = KINDS = (
    "list",
    "tokens",
    "health",
    "thumbnail",
    "view",
    "tile",
    "socket",
    "report",
    "sign in",
    "claim",
)
THUMBNAILS = 8
TILES = 2
TIMEOUT = 30.0
TOLD_EVERY = 60.0


@dataclass(slots=True)
class Figures:
    """How long each kind of answer took, in seconds, and what came in its place."""

    durations: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: Counter[str] = field(default_factory=Counter)

    def percentile(self, kind: str, share: float) -> float:
        """Return in milliseconds what this share did not exceed."""
        ordered = sorted(self.durations[kind])
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000 if ordered else 0.0

    def table(self) -> str:
        """Return the figures as people read them."""
        lines = [f"{'':<12}{'answers':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"]
        for kind in KINDS:
            if self.durations[kind]:
                shares = "".join(f"{self.percentile(kind, share):>9.0f}" for share in (0.5, 0.95, 0.99))
                lines.append(f"{kind:<12}{len(self.durations[kind]):>9,}{shares}")
        lines += [f"{what}: {count}" for what, count in self.failures.most_common()] or ["no failure"]
        return "\n".join(lines)


class Viewer:
    """One person: pages, looks, zooms, hears of changes, and reports now and then."""

    def __init__(
        self,
        server: Server,
        client: httpx.AsyncClient,
        figures: Figures,
        seed: int,
        pause: float,
        *,
        account: str,
        pictures: bool,
    ) -> None:
        self._account = account
        self._server = server
        self._client = client
        self._figures = figures
        self._random = random.Random(seed)
        self._pause = pause
        self._pictures = pictures
        self._name = f"viewer-{seed}"
        self._session: dict[str, Any] = {}
        self._heard: int | None = None
        self._began = self._told = time.monotonic()
        self._refreshing = asyncio.Lock()

    async def live(self, deadline: float) -> None:
        """Look at pictures until then."""
        # Not all in step.
        await asyncio.sleep(self._random.random() * self._pause)
        turn = self._random.randrange(5)
        page: Sequence[dict[str, Any]] = ()
        while time.monotonic() < deadline:
            if time.monotonic() - self._told > TOLD_EVERY:
                await self._tell()
            if turn % 5 == 0 or not page:
                page = await self._turn_page()
            if page and self._pictures:
                await self._look_at(self._random.choice(page), zoom=turn % 3 == 0)
            if turn % 7 == 0:
                await self._listen()
                await self._ask(HEALTH, "GET", "/health")
            if turn % 40 == 39:
                await self._report()
            turn += 1
            await asyncio.sleep(self._pause * (0.5 + self._random.random()))

    async def sign_in(self) -> None:
        """Open a session."""
        body = {"name": self._account, "password": PASSWORD, "machine": MACHINE | {"id": self._name}}
        answer = await self._ask(SIGN_IN, "POST", "/api/session", json=body)
        if answer is not None:
            self._session = answer.json()
            await self._tell()

    async def look_through(self) -> None:
        """See every picture once, with all that can be asked for of it."""
        for item in await self._turn_page(everything=True):
            await self._look_at(item, zoom=True)

    async def _tell(self) -> None:
        """Say that a guard lives here, as a desktop does once a minute."""
        self._told = time.monotonic()
        body = claim("sealed", beats=1 + int(5 * (self._told - self._began)))
        await self._ask(CLAIM, "PUT", "/api/session/protection", json=body)

    async def _turn_page(self, *, everything: bool = False) -> Sequence[dict[str, Any]]:
        answer = await self._ask(LIST, "GET", "/api/images", params={"limit": 60})
        if answer is None:
            return ()
        items: list[dict[str, Any]] = answer.json()["items"]
        shown = self._random.sample(items, len(items) if everything else min(THUMBNAILS, len(items)))
        await self._ask(TOKENS, "POST", "/api/images/tokens", json={"ids": [item["id"] for item in shown]})
        if not self._pictures:
            return items
        await asyncio.gather(*(self._picture(THUMBNAIL, item, rendition="thumbnail") for item in shown))
        return items

    async def _look_at(self, item: dict[str, Any], *, zoom: bool) -> None:
        await self._picture(VIEW, item, rendition="screen")
        if zoom and item["width"] > 2048:
            await asyncio.gather(
                *(
                    self._picture(TILE, item, rendition="tile", column=column, row=0)
                    for column in range(TILES)
                )
            )

    async def _picture(self, kind: str, item: dict[str, Any], **params: Any) -> None:
        path = f"/api/secure/image/{item['id']}/view"
        answer = await self._ask(kind, "GET", path, params=params, view=item["view_token"], quiet=(401,))
        if answer is None:
            # Its token lives for a minute, which a slow turn may be longer than.
            body = {"ids": [item["id"]]}
            fresh = await self._ask(TOKENS, "POST", "/api/images/tokens", json=body)
            if fresh is not None:
                item["view_token"] = fresh.json()["tokens"][item["id"]]
                await self._ask(kind, "GET", path, params=params, view=item["view_token"])

    async def _listen(self) -> None:
        """Come back to the live events where the connection was broken off before."""
        started = time.monotonic()
        frame: dict[str, Any] = {
            "type": "authenticate",
            "access_token": self._session.get("access_token", ""),
        }
        if self._heard is not None:
            frame["resume"] = self._heard
        try:
            async with asyncio.timeout(TIMEOUT):
                async with connect(
                    f"ws://127.0.0.1:{self._server.port}/ws",
                    additional_headers={"X-Launch-Secret": self._server.secret},
                    proxy=None,
                ) as socket:
                    await socket.send(json.dumps(frame))
                    self._heard = json.loads(await socket.recv())["sequence"]
        except (WebSocketException, OSError, TimeoutError, KeyError) as error:
            self._figures.failures[f"{SOCKET}: {type(error).__name__}"] += 1
        else:
            self._figures.durations[SOCKET].append(time.monotonic() - started)

    async def _report(self) -> None:
        await self._ask(REPORT, "POST", "/api/violations", json=report(id=str(uuid4())))

    async def _ask(
        self,
        kind: str,
        method: str,
        path: str,
        *,
        view: str | None = None,
        quiet: Sequence[int] = (),
        again: bool = True,
        **arguments: Any,
    ) -> httpx.Response | None:
        token = self._session.get("access_token", "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if view is not None:
            headers["X-View-Token"] = view
        started = time.monotonic()
        try:
            answer = await self._client.request(method, path, headers=headers, **arguments)
        except httpx.HTTPError as error:
            self._figures.failures[f"{kind}: {type(error).__name__}"] += 1
            return None
        if answer.is_success:
            self._figures.durations[kind].append(time.monotonic() - started)
            return answer
        code = answer.json().get("code") if answer.content else None
        if code == "token_expired" and again and await self._refresh(token):
            return await self._ask(kind, method, path, view=view, quiet=quiet, again=False, **arguments)
        if answer.status_code not in quiet:
            self._figures.failures[f"{kind}: {answer.status_code} {code}"] += 1
        return None

    async def _refresh(self, expired: str) -> bool:
        """Get new tokens in the place of one that has expired; several requests may have met that at once."""
        async with self._refreshing:
            if self._session["access_token"] != expired:
                return True
            body = {"refresh_token": self._session["refresh_token"], "machine": MACHINE | {"id": self._name}}
            answer = await self._ask(SIGN_IN, "POST", "/api/session/refresh", json=body, again=False)
            if answer is not None:
                self._session = answer.json()
            return answer is not None


async def look(
    server: Server,
    *,
    viewers: int,
    seconds: float,
    pause: float,
    figures: Figures | None = None,
    accounts: Sequence[str] = ("viewer",),
    pictures: bool = True,
    looked_through: Callable[[], None] | None = None,
) -> Figures:
    """Let so many people look at pictures, or at lists alone, for so long, after they have all signed in.

    They share the accounts evenly; an account may tell of its machines sixty times a minute. With
    `looked_through` everybody sees every picture once before the time begins, and it is called then.
    """
    figures = figures or Figures()
    # Shorter than the server keeps a silent connection: or a request meets its end now and then.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}",
        headers={"X-Launch-Secret": server.secret},
        limits=limits,
        timeout=TIMEOUT,
        trust_env=False,
    ) as client:
        people = [
            Viewer(
                server,
                client,
                figures,
                seed,
                pause,
                account=accounts[seed % len(accounts)],
                pictures=pictures,
            )
            for seed in range(viewers)
        ]
        # One after the other: the server takes many tries at one account at the same time for guesses.
        for person in people:
            await person.sign_in()
        if looked_through is not None:
            await asyncio.gather(*(person.look_through() for person in people))
            looked_through()
        deadline = time.monotonic() + seconds
        await asyncio.gather(*(person.live(deadline) for person in people))
    return figures
