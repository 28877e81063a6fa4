"""Requests to the provider: only to its own hosts, short, bounded, and following nobody elsewhere."""

import json
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from local_server.accounts.organisation.errors import ProviderAway, ProviderUnusable

TIMEOUT: Final = httpx.Timeout(5.0, connect=3.0)
WITHIN: Final = 10.0
LONGEST: Final = 256 * 1024


class Fetching:
    """Asks the provider; built anew for nothing, it keeps no connection."""

    def __init__(
        self,
        issuer: str,
        other_hosts: Collection[str],
        transport: Callable[[], httpx.BaseTransport] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(issuer)
        # TLS everywhere, but to a provider on this very machine, as the settings allow.
        self._schemes = {"https", parts.scheme}
        self._hosts = {parts.netloc.lower(), *(host.lower() for host in other_hosts)}
        self._transport = transport
        self._monotonic = monotonic

    def allowed(self, url: object) -> bool:
        """Say whether an address that the provider named is one of its own."""
        if not isinstance(url, str):
            return False
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        plain = parts.scheme in self._schemes and parts.netloc.lower() in self._hosts
        return plain and not parts.fragment and url.isascii() and url.isprintable() and "\\" not in url

    def json(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON object of an answer, empty where it is none.

        Raises ProviderAway or ProviderUnusable.
        """
        if not self.allowed(url):
            raise ProviderUnusable("It names an address that is not its own.")
        until = self._monotonic() + WITHIN
        content = bytearray()
        try:
            with (
                httpx.Client(
                    timeout=TIMEOUT,
                    follow_redirects=False,
                    trust_env=False,
                    verify=ssl.create_default_context(),
                    transport=None if self._transport is None else self._transport(),
                ) as client,
                client.stream(
                    method,
                    url,
                    data=form,
                    headers={"Accept": "application/json", **(headers or {})},
                    auth=auth,
                ) as answer,
            ):
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > LONGEST:
                        raise ProviderUnusable("Its answer is too long.")
                    if self._monotonic() > until:
                        raise ProviderAway("It answers too slowly.")
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise ProviderAway(f"{urlsplit(url).netloc}: {type(error).__name__}") from error
        if answer.status_code >= 500:
            raise ProviderAway(f"It answered {answer.status_code}.")
        return answer.status_code, _object(bytes(content))


def _object(content: bytes) -> dict[str, Any]:
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
