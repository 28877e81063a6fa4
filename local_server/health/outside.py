"""The checks of what lies outside of this program: each asks anew, and what is away is not fatal."""

from collections.abc import Callable, Mapping
from typing import Any

from local_server.external.link import Away
from local_server.health.checks import NotConfigured
from local_server.health.models import Part, PartState, Status
from local_server.installation import Installation


class OutsideCheck:
    """Asks one part whether it is there."""

    vital = False

    def __init__(
        self,
        name: str,
        probe: Callable[[], None],
        consequence: str,
        facts: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.name = name
        self._probe = probe
        self._consequence = consequence
        self._facts = facts

    def check(self) -> PartState:
        """Ask."""
        try:
            self._probe()
        except Away as away:
            return PartState(Status.DEGRADED, self._facts(), f"{self._consequence}: {away}")
        return PartState(Status.HEALTHY, self._facts())


def parts(installation: Installation) -> list[Part]:
    """Return the checks of every part that an installation can have; those it does without say so."""
    redis, cached, clamd = installation.redis, installation.cached, installation.clamd
    waits = installation.settings.clamd_when_gone == "wait"
    return [
        NotConfigured("redis")
        if redis is None
        else OutsideCheck("redis", redis.probe, "each server counts rates alone, and jobs start later"),
        NotConfigured("minio")
        if cached is None
        else OutsideCheck(
            "minio",
            cached.bucket.probe,
            "pictures come from the cache, and new ones wait in the spool",
            lambda: {"waiting": cached.waiting()},
        ),
        NotConfigured("virus_scan")
        if clamd is None
        else OutsideCheck(
            "virus_scan", clamd.probe, "new files wait" if waits else "new files are taken and flagged"
        ),
    ]
