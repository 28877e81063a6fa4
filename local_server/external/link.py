"""The state of a connection to something outside: up, or away and asked again with growing, uneven pauses."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

import structlog

FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 3.0
_log = structlog.get_logger("external")


class Away(Exception):
    """The part does not answer, or was asked too short a time ago; the reason is for people."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether a part answered when it was asked last, and why not."""

    up: bool
    reason: str | None


class Link:
    """Lets calls through to a part while it answers; threads may share it.

    While it is away one call in a while is let through to see whether it is back, and all others fail at
    once: who waits for a timeout holds a thread that others need.
    """

    def __init__(
        self,
        name: str,
        failures: tuple[type[BaseException], ...],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        uneven: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._failures = failures
        self._monotonic = monotonic
        self._uneven = uneven
        self._lock = Lock()
        self._reason: str | None = None
        self._pause = 0.0
        self._ask_at = 0.0

    @property
    def state(self) -> LinkState:
        """How the part was when it was asked last."""
        with self._lock:
            return LinkState(self._reason is None, self._reason)

    @contextmanager
    def calling(self, *, probe: bool = False) -> Iterator[None]:
        """Make a call to the part in the block; raise Away where it fails, or is known to. A probe asks."""
        self._admit(probe=probe)
        try:
            yield
        except self._failures as error:
            self._failed(error)
            raise Away(self.state.reason or type(error).__name__) from error
        self._answered()

    def _admit(self, *, probe: bool) -> None:
        with self._lock:
            if self._reason is None:
                return
            now = self._monotonic()
            if now < self._ask_at and not probe:
                raise Away(self._reason)
            # Nobody else asks until this call is over or its time is.
            self._ask_at = now + self._pause

    def _failed(self, error: BaseException) -> None:
        with self._lock:
            news = self._reason is None
            said = str(error).splitlines()
            self._reason = f"{type(error).__name__}: {said[0][:200]}" if said else type(error).__name__
            self._pause = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, 2 * self._pause))
            self._ask_at = self._monotonic() + self._pause * (0.5 + self._uneven() / 2)
            reason = self._reason
        if news:
            _log.warning("part is away", part=self.name, reason=reason)

    def _answered(self) -> None:
        with self._lock:
            news = self._reason is not None
            self._reason, self._pause = None, 0.0
        if news:
            _log.info("part is back", part=self.name)
