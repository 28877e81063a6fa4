"""Where a server is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """The server's URL, and the secret that a bundled one was started with."""

    url: str
    launch_secret: str | None = None

    @property
    def websocket(self) -> str:
        """The address of the live events."""
        return "ws" + self.url.removeprefix("http") + "/ws"

    def headers(self) -> dict[str, str]:
        """Headers that every request to this server needs."""
        return {} if self.launch_secret is None else {"X-Launch-Secret": self.launch_secret}
