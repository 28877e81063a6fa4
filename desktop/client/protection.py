"""What this machine can hold, told to the server, and what the server says holds here; on the io thread."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from desktop.client.answers import Model
from desktop.client.transport import read_json

# The code of a refusal that ends by itself once this machine holds the level.
LEVEL_NOT_HELD = "level_not_held"
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class OwnExemption(Model):
    """That the guard hides nothing from the person who is signed in."""

    reason: str
    granted_by: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing(Model):
    """PUT /session/protection: what holds for this session now."""

    holds: str
    reason: str
    strong: bool
    trial: bool
    assistive: OwnExemption | None
    quiet: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cause(Model):
    """One program in the ledger of alarms."""

    executable: str | None
    name: str | None
    attempts: int
    short_shields: int
    false_alarms: int
    real: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class QuietProgram(Model):
    """A program that hides nothing at `guarded` until a moment."""

    id: str
    executable: str
    added_at: datetime
    added_by: str
    expires_at: datetime
    note: str
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Ledger(Model):
    """GET /guard/ledger."""

    causes: tuple[Cause, ...]
    quiet: tuple[QuietProgram, ...]


class ProtectionServer:
    """The part of the server that is about the guard."""

    def __init__(self, send: Callable[..., Awaitable[httpx.Response]]) -> None:
        """Take what sends an authorised request: method, path and httpx's arguments."""
        self._send = send

    async def tell(
        self, holds: str, reason: str, sentinel: tuple[str, int] | None, *, strengthen: bool
    ) -> Standing:
        """Say what this machine can hold, and learn what holds here."""
        body: dict[str, Any] = {
            "holds": holds,
            "reason": " ".join(reason.split())[:LONGEST_REASON],
            "sentinel": None if sentinel is None else {"id": sentinel[0], "beats": sentinel[1]},
            "strengthen": strengthen,
        }
        return Standing.read(
            read_json(await self._send("PUT", "/api/session/protection", json=body, repeatable=True))
        )

    async def ledger(self) -> Ledger:
        """Fetch the programs behind alarms, and the quiet list."""
        return Ledger.read(read_json(await self._send("GET", "/api/guard/ledger")))

    async def judge(self, sequence: int, judgement: str, note: str) -> None:
        """Say of a capture attempt that it was `real` or a `false_alarm`."""
        body = {"judgement": judgement, "note": note}
        await self._send("PUT", f"/api/activity/{sequence}/judgement", json=body, repeatable=True)

    async def quieten(self, sequence: int, days: int) -> QuietProgram:
        """Let the program of a false alarm hide nothing at `guarded` for some days."""
        body = {"sequence": sequence, "days": days}
        return QuietProgram.read(read_json(await self._send("POST", "/api/guard/quiet", json=body)))

    async def end_quiet(self, quiet_id: str) -> None:
        """Take a program off the quiet list."""
        await self._send("DELETE", f"/api/guard/quiet/{quiet_id}")
