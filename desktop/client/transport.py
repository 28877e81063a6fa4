"""Carries requests to the server over HTTP, across restarts of it; lives on the io thread."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from desktop.client.address import Address
from desktop.client.errors import UnexpectedAnswer, from_problem, unreachable

# How long a request waits for a server that is starting or restarting before it fails.
PATIENCE = 20.0
TIMEOUT = httpx.Timeout(30.0, connect=3.0, pool=60.0)
# The server looks through what came, and scans it for viruses, before it answers.
TIMEOUT_FILES = httpx.Timeout(30.0, connect=3.0, pool=60.0, read=300.0)
AT_ONCE = 16
LIMITS = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=30.0)
RETRY_PAUSE = 0.15

# The name of a part, and a file's name, content (as httpx reads it) and type.
Files = Sequence[tuple[str, tuple[str, Any, str]]]


class Transport:
    """One HTTP client whose server may move: requests wait for it and are sent again where that is safe."""

    def __init__(
        self,
        address: Address | None = None,
        *,
        patience: float = PATIENCE,
        carrier: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = address
        self._why_away = "it is starting"
        self._changed = asyncio.Event()
        self._patience = patience
        self._carrier = carrier
        self._client: httpx.AsyncClient | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._sent: set[asyncio.Task[httpx.Response]] = set()

    @property
    def known_address(self) -> Address | None:
        """Return where the server is, None while it is away; may be asked from any thread."""
        return self._address

    def move(self, address: Address) -> None:
        """Send everything to this address from now on."""
        self._address = address
        self._signal()

    def lose(self, why: str) -> None:
        """Say that no server is there for now; requests wait for `move`."""
        self._address = None
        self._why_away = why
        self._signal()

    async def address(self) -> Address:
        """Wait for a server and return where it is; raises `ServerUnreachable` when patience ends."""
        try:
            async with asyncio.timeout(self._patience):
                while self._address is None:
                    await self._changed.wait()
                return self._address
        except TimeoutError:
            raise unreachable(self._why_away) from None

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        repeatable: bool | None = None,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        files: Files | None = None,
    ) -> httpx.Response:
        """Send one request and return a 2xx answer; raise the typed failure of any other.

        A request whose connection broke is sent again, to wherever the server is by then, when `repeatable`
        (default: GET, PUT and DELETE); any request that never reached a server is sent again. A request with
        files is broken off where nobody waits for it any more.
        """
        if repeatable is None:
            repeatable = method in ("GET", "PUT", "DELETE")
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            address = await self.address()
            sent_headers = {**address.headers(), **(headers or {})}
            if token is not None:
                sent_headers["Authorization"] = f"Bearer {token}"
            try:
                http = self._http(address)
                url = address.url + path
                request = http.build_request(
                    method,
                    url,
                    json=json,
                    params=params,
                    headers=sent_headers,
                    files=files,
                    timeout=TIMEOUT if files is None else TIMEOUT_FILES,
                )
                response = await (self._send if files is None else self._send_files)(http, request)
            except httpx.TransportError as problem:
                never_sent = isinstance(
                    problem, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout
                )
                if not (repeatable or never_sent) or asyncio.get_running_loop().time() > until:
                    raise unreachable(str(problem) or type(problem).__name__) from problem
                await asyncio.sleep(RETRY_PAUSE)
                continue
            if response.is_success:
                return response
            raise _failure(response)

    async def _send(self, http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """Send when it is this request's turn, and hear the answer to its end though nobody may want it.

        Abandoning one that was sent would save the server no work and cost a connection, for good where the
        pool was about to open it.
        """
        await self._turns.acquire()
        task = asyncio.create_task(http.send(request))
        self._sent.add(task)
        task.add_done_callback(self._heard)
        return await asyncio.shield(task)

    async def _send_files(self, http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """Send when it is this request's turn; what is left of it may be much, so it can be broken off."""
        async with self._turns:
            return await http.send(request)

    def _heard(self, task: asyncio.Task[httpx.Response]) -> None:
        self._sent.discard(task)
        self._turns.release()
        if not task.cancelled():
            task.exception()  # whoever waits raises it; for what was abandoned nobody needs to

    async def close(self) -> None:
        """Close every connection."""
        for task in self._sent:
            task.cancel()
        await asyncio.gather(*self._sent, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _http(self, address: Address) -> httpx.AsyncClient:
        if self._client is None:
            # Loopback needs no certificates: a context that trusts nobody is quick to make, and safe.
            trust = (
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                if address.url.startswith("http://")
                else ssl.create_default_context()
            )
            self._client = httpx.AsyncClient(
                timeout=TIMEOUT,
                limits=LIMITS,
                verify=trust,
                trust_env=False,  # a proxy from the environment must not see pictures or secrets
                follow_redirects=False,
                transport=self._carrier,
            )
        return self._client

    def _signal(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def read_json(response: httpx.Response) -> Any:
    """Return the answer's JSON; raises `UnexpectedAnswer` where it has none."""
    try:
        return response.json()
    except ValueError as problem:
        raise UnexpectedAnswer(
            "unexpected_answer",
            f"The server's answer to {response.request.url.path} cannot be read.",
            "Look whether another program answers on the server's port, then start the program again.",
            status=response.status_code,
        ) from problem


def _failure(response: httpx.Response) -> Exception:
    problem: object = {}
    if "json" in response.headers.get("content-type", ""):
        problem = read_json(response)
    failure = from_problem(response.status_code, problem if isinstance(problem, dict) else {})
    if failure.retry_after is None and response.headers.get("retry-after", "").isdigit():
        failure.facts = {**failure.facts, "retry_after": int(response.headers["retry-after"])}
    return failure
