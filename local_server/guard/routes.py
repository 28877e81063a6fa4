"""HTTP of the capture guard: what a machine can hold, and the ledger of alarms."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from local_server.accounts.gate import Gate
from local_server.accounts.models import LOOKS_AT_PICTURES, READS_RECORDS, Caller, Role
from local_server.guard.claims import Claims
from local_server.guard.ledger import Ledger
from local_server.guard.models import Claim, Judgement, QuietProgram, Sentinel, Standing
from local_server.web.bodies import Answer, Body, Id, Line
from local_server.web.rates import Rate

Sequence = Annotated[int, Path(ge=1, le=2**53)]


class SentinelBody(Body):
    """The sentinel of a desktop, and how many heartbeats it has heard of it."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    beats: Annotated[int, Field(ge=0, le=2**53)]


class ClaimBody(Body):
    """The strictest level that a machine can hold now; `strengthen` asks for a stronger mark, to the end."""

    holds: Literal["marked", "guarded", "sealed"]
    reason: Annotated[Line, Field(max_length=500)] = ""
    sentinel: SentinelBody | None = None
    strengthen: bool = False

    def claim(self) -> Claim:
        sentinel = None if self.sentinel is None else Sentinel(self.sentinel.id, self.sentinel.beats)
        return Claim(self.holds, self.reason, sentinel, self.strengthen)


class OwnExemptionAnswer(Answer):
    """One's own assistive exemption."""

    reason: str
    granted_by: str
    expires_at: datetime | None


class StandingAnswer(Answer):
    """What holds for the session now: nothing stricter than `holds` is sent to it.

    `trial` says that captures of guarded pictures hide nothing for now; `quiet` names the executables that
    hide nothing at that level.
    """

    holds: str
    reason: str
    strong: bool
    trial: bool
    assistive: OwnExemptionAnswer | None
    quiet: list[str]

    @classmethod
    def of(cls, standing: Standing) -> "StandingAnswer":
        exemption = standing.exemption
        return cls(
            holds=standing.holds,
            reason=standing.reason,
            strong=standing.strong,
            trial=standing.trial,
            assistive=None
            if exemption is None
            else OwnExemptionAnswer(
                reason=exemption.reason, granted_by=exemption.granted_by, expires_at=exemption.expires_at
            ),
            quiet=[program.executable for program in standing.quiet],
        )


class JudgementBody(Body):
    """What a capture attempt was, and why one thinks so."""

    judgement: Annotated[Judgement, Field(strict=False)]
    note: Annotated[Line, Field(min_length=1, max_length=500)]


class QuietBody(Body):
    """The attempt that was a false alarm, and for how many days its program hides nothing."""

    sequence: Annotated[int, Field(ge=1, le=2**53)]
    days: Annotated[int, Field(ge=1, le=90)]


class QuietAnswer(Answer):
    """A program that hides nothing at `guarded` until a moment, by which judgement."""

    id: str
    executable: str
    added_at: datetime
    added_by: str
    expires_at: datetime
    note: str
    sequence: int | None

    @classmethod
    def of(cls, program: QuietProgram) -> "QuietAnswer":
        return cls(
            id=program.id,
            executable=program.executable,
            added_at=program.added_at,
            added_by=program.added_by,
            expires_at=program.expires_at,
            note=program.note,
            sequence=program.sequence,
        )


class CauseAnswer(Answer):
    """One program: how many attempts and short shields, and how many admins found to be what."""

    executable: str | None
    name: str | None
    attempts: int
    short_shields: int
    false_alarms: int
    real: int
    last_at: datetime


class LedgerAnswer(Answer):
    """The programs behind alarms, those with the most attempts first, and the quiet list."""

    causes: list[CauseAnswer]
    quiet: list[QuietAnswer]


def routes(claims: Claims, ledger: Ledger, gate: Gate, claim_rate: Rate) -> APIRouter:
    """Return the routes of the guard."""
    router = APIRouter(tags=["guard"])
    Looker = Annotated[Caller, Depends(gate.require(LOOKS_AT_PICTURES, rate=claim_rate))]
    Admin = Annotated[Caller, Depends(gate.require({Role.ADMIN}))]

    @router.put("/session/protection")
    def tell_protection(caller: Looker, body: ClaimBody) -> StandingAnswer:
        """Say what this machine can hold; it counts for 150 seconds, and the answer says what holds."""
        return StandingAnswer.of(claims.tell(caller, body.claim()))

    @router.get("/guard/ledger", dependencies=[Depends(gate.require(READS_RECORDS))])
    def read_ledger(days: Annotated[int, Query(ge=1, le=365)] = 30) -> LedgerAnswer:
        """Return the causes of capture attempts by program, and the quiet list."""
        found = ledger.read(days)
        return LedgerAnswer(
            causes=[
                CauseAnswer(
                    executable=cause.executable,
                    name=cause.name,
                    attempts=cause.attempts,
                    short_shields=cause.short_shields,
                    false_alarms=cause.false_alarms,
                    real=cause.real,
                    last_at=cause.last_at,
                )
                for cause in found.causes
            ],
            quiet=[QuietAnswer.of(program) for program in found.quiet],
        )

    @router.put("/activity/{sequence}/judgement", status_code=204)
    def judge_capture(caller: Admin, sequence: Sequence, body: JudgementBody) -> None:
        """Say of a capture attempt that it was real, or a false alarm."""
        ledger.judge(caller, sequence, body.judgement, body.note)

    @router.post("/guard/quiet", status_code=201)
    def quieten_program(caller: Admin, body: QuietBody) -> QuietAnswer:
        """Let the program of a false alarm hide nothing at `guarded`, for some days; it is still recorded."""
        return QuietAnswer.of(ledger.quieten(caller, body.sequence, timedelta(days=body.days)))

    @router.delete("/guard/quiet/{quiet_id}", status_code=204)
    def end_quiet(caller: Admin, quiet_id: Annotated[Id, Path()]) -> None:
        """Take a program off the quiet list."""
        ledger.end(caller, quiet_id)

    return router
