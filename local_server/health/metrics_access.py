"""Who may read /metrics: whoever has the token, or without one whoever is on this machine."""

import hmac
import ipaddress
from typing import Final

from fastapi import Request
from pydantic import SecretStr

from local_server.health.errors import MetricsNotLocal, MetricsTokenWrong

# A proxy on this machine speaks for somebody else: that is not this machine asking.
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class MetricsAccess:
    """A route's dependency. Raises MetricsTokenWrong or MetricsNotLocal."""

    def __init__(self, token: SecretStr | None) -> None:
        self._token = token

    def __call__(self, request: Request) -> None:
        if self._token is None:
            if any(name in request.headers for name in _FORWARDED) or not _loopback(request):
                raise MetricsNotLocal
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        wanted = self._token.get_secret_value().encode()
        right = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), wanted)
        if scheme.lower() != "bearer" or not right:
            raise MetricsTokenWrong


def _loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
