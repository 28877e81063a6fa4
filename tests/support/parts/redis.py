"""A real Redis that asks for a password and forgets nothing when it is killed."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from redis import Redis as Client
from redis.exceptions import RedisError

from tests.support.parts.part import HOST, Missing, Part, find

PASSWORD = "tide-under-the-ice"


class Redis(Part):
    """Answers on a port."""

    name = "Redis"

    def find_program(self) -> Path:
        """Return the server, or the tool of Debian's that is the server under another name."""
        with contextlib.suppress(Missing):
            return find(self.name, "redis-server")
        return find(self.name, "redis-check-rdb")

    def prepare(self) -> None:
        """Write the configuration; the password is in it, and not in an argument."""
        self.port = self.take_port()
        (self.folder / "redis-server").symlink_to(self.program)
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"dir {self.folder}",
            f"requirepass {PASSWORD}",
            "appendonly yes",
            "appendfsync no",
            'save ""',
        ]
        (self.folder / "redis.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> Sequence[str | Path]:
        """Run it by the name that says what it shall be."""
        return [self.folder / "redis-server", self.folder / "redis.conf"]

    def answers(self) -> bool:
        """Tell whether it has read its data."""
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    @property
    def settings(self) -> Mapping[str, str]:
        """Return where it is."""
        return {"REDIS_URL": self.url()}

    def url(self, number: int = 0, *, password: str = PASSWORD) -> str:
        """Return the address of one of its sixteen databases."""
        return f"redis://:{password}@{HOST}:{self.port}/{number}"

    def client(self, *, password: str = PASSWORD) -> Client:
        """Return a connection of the tests' own; close it."""
        return Client.from_url(self.url(password=password), socket_timeout=10, decode_responses=True)

    def empty(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()
