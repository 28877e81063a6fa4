"""Who really asks: the address and the scheme that trusted reverse proxies report, and nobody else."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# More hops than any house has: what is longer was made up.
LONGEST_CHAIN: Final = 32
_PAIR: Final = re.compile(r"\s*([A-Za-z]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s\";,]*)\s*")
_TLS: Final = {"http": "https", "ws": "wss"}


class Proxies:
    """Put the client's own address and scheme into the scope of a request that a trusted proxy hands on.

    Every proxy appends the address that it was asked from, so the chain is believed from its right end as far
    as the proxies in it are trusted; what is left of that anybody may have written. A proxy usually writes
    one of `X-Forwarded-For` and `Forwarded` and hands the other on untouched: where both are there and name
    different clients, neither is believed and the request counts as the proxy's own.
    """

    def __init__(self, app: ASGIApp, *, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._trusted and scope["type"] in ("http", "websocket"):
            peer = _address((scope.get("client") or ("",))[0])
            if peer is not None and self._trusts(peer):
                self._believe(scope, peer)
        await self._app(scope, receive, send)

    def _believe(self, scope: Scope, peer: Address) -> None:
        headers = Headers(scope=scope)
        listed = headers.getlist("x-forwarded-for")
        forwarded = _forwarded(headers.getlist("forwarded"))
        told = []
        if listed:
            told.append(self._client(",".join(listed).split(","), peer))
        if forwarded is not None:
            told.append(self._client([element.get("for", "") for element in forwarded], peer))
        client = told[0] if told and all(one == told[0] for one in told) else peer
        scope["client"] = (str(client), 0)
        schemes = [part.strip() for part in ",".join(headers.getlist("x-forwarded-proto")).split(",")][-1:]
        if forwarded:
            schemes.append(forwarded[-1].get("proto", ""))
        said = {scheme.lower() for scheme in schemes if scheme}
        if said == {"https"}:
            scope["scheme"] = _TLS.get(scope.get("scheme", ""), scope.get("scheme"))

    def _client(self, chain: Sequence[str], peer: Address) -> Address:
        """Return the right-most address of a chain that is no trusted proxy's; at worst the proxy's own."""
        found = peer
        for written in reversed(chain[-LONGEST_CHAIN:]):
            address = _address(written)
            if address is None:
                break  # a proxy that hides whom it serves, or nonsense: the hop before it is the last we know
            found = address
            if not self._trusts(address):
                break
        return found

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _address(written: str) -> Address | None:
    """Read an address that may have a port; None where it is something else."""
    text = written.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _forwarded(lines: Sequence[str]) -> list[dict[str, str]] | None:
    """Read the elements of `Forwarded` (RFC 7239, 4); None without one. What can't be read hides the rest."""
    if not lines:
        return None
    return [{name: value for name, value in pairs if name} for pairs in _elements(",".join(lines))]


def _elements(text: str) -> Iterator[list[tuple[str, str]]]:
    pairs: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            yield []  # damaged: nothing at its place is believed, nor what is left of it
            return
        pairs.append((pair[1].lower(), _unquoted(pair[2])))
        at = pair.end()
        separator = text[at : at + 1]
        at += 1
        if separator == ",":
            yield pairs
            pairs = []
        elif separator not in (";", ""):
            yield []
            return
    yield pairs


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
