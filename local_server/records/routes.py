"""POST /violations and the activity list."""

import base64
import binascii
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from local_server.accounts.gate import Gate
from local_server.accounts.models import LOOKS_AT_PICTURES, READS_RECORDS, Caller, KeyScope
from local_server.records.activity import Activity
from local_server.records.errors import EvidenceNotAccepted
from local_server.records.models import CaptureReport, Culprit, Severity
from local_server.records.violations import MAX_EVIDENCE_BYTES, Violations
from local_server.web.bodies import Storable


def _from_the_kernel(longest: int) -> BeforeValidator:
    """Take a name as a process may have it: what does not print becomes an escape, what is too long is cut.

    A name that cannot be stored must not cost the report, and one with controls must not disguise it.
    """

    def stored(value: object) -> object:
        if not isinstance(value, str):
            return value
        shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in value[:longest])
        return "".join(shown)[:longest]

    return BeforeValidator(stored)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a moment that UTC has a year for") from None


_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Pixels = Annotated[int, Field(ge=-65536, le=65536)]


class CulpritBody(BaseModel):
    """The program that read."""

    pid: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    name: Annotated[str, _from_the_kernel(128)] | None = None
    executable: Annotated[str, _from_the_kernel(4096)] | None = None
    script: Annotated[str, _from_the_kernel(256)] | None = None


Deed = Literal["record", "brief", "shield", "strengthen", "lock", "end"]


class ViolationBody(BaseModel):
    """One capture attempt as a desktop's guard reports it."""

    id: UUID
    time: _Moment
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    level: Literal["open", "marked", "guarded", "sealed"]
    culprit: CulpritBody = CulpritBody()
    confidence: Annotated[float, Field(ge=0, le=1)]
    region: tuple[_Pixels, _Pixels, _Pixels, _Pixels] | None = None
    picture_id: Annotated[Storable, Field(max_length=32)] | None = None
    shield_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    hidden: bool
    count: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    # What the guard did, what it would have done, and why it did not.
    answers: Annotated[list[Deed], Field(max_length=6)] = []
    withheld: Annotated[list[Deed], Field(max_length=6)] = []
    spared: Literal["assistive", "trial", "quiet"] | None = None
    evidence: Annotated[str, Field(max_length=MAX_EVIDENCE_BYTES * 4 // 3 + 4)] | None = None

    def report(self) -> CaptureReport:
        """Return the value that the service takes."""
        return CaptureReport(
            id=str(self.id),
            time=self.time,
            kind=self.kind,
            level=self.level,
            culprit=Culprit(
                self.culprit.pid,
                self.culprit.name,
                self.culprit.executable,
                self.culprit.script,
            ),
            confidence=self.confidence,
            region=self.region,
            picture_id=self.picture_id,
            shield_ms=self.shield_ms,
            hidden=self.hidden,
            count=self.count,
            evidence=_decoded(self.evidence),
            answers=tuple(dict.fromkeys(self.answers)),
            withheld=tuple(dict.fromkeys(self.withheld)),
            spared=self.spared,
        )


class Recorded(BaseModel):
    """The report is kept under its id."""

    id: str


class Line(BaseModel):
    """One line of the activity list."""

    sequence: int
    time: datetime
    account: str | None
    kind: str
    severity: Severity
    what: str
    detail: str
    picture_id: str | None
    view_token: str | None
    evidence: bool
    judgement: str | None
    executable: str | None


class Lines(BaseModel):
    """A page of the activity list."""

    items: list[Line]
    next: str | None


class ViewingNow(BaseModel):
    """Sessions seen within a minute."""

    total: int
    by_client: dict[str, int]


class Captures(BaseModel):
    """Capture attempts of seven days."""

    total: int
    hidden: int


class Shown(BaseModel):
    """Pictures opened since midnight."""

    pictures: int
    people: int


class AuditState(BaseModel):
    """Whether the chain holds."""

    entries: int
    intact: bool


class ServerFiguresBody(BaseModel):
    """This server since its start: pictures delivered of those asked for, their response times, errors."""

    pictures_asked: int
    picture_success: float | None
    response_p50_ms: float | None
    response_p95_ms: float | None
    response_p99_ms: float | None
    client_errors: int
    client_errors_per_hour: float
    uptime_s: float
    restarts: int


class SummaryBody(BaseModel):
    """The number cards above the list."""

    viewing_now: ViewingNow
    captures_7d: Captures
    shown_today: Shown
    response_p95_ms: float | None
    uptime_s: float
    restarts: int
    violations_by_kind_7d: dict[str, int]
    server: ServerFiguresBody
    audit: AuditState


class IssueViewTokens(Protocol):
    """Give a caller short-lived tokens for those of the pictures that they may see."""

    def __call__(self, caller: Caller, picture_ids: Collection[str], /) -> Mapping[str, str]: ...


def routes(
    violations: Violations, activity: Activity, issue_view_tokens: IssueViewTokens, gate: Gate
) -> APIRouter:
    """Build the records room's routes."""
    router = APIRouter(tags=["records"])
    reader = Depends(gate.require(READS_RECORDS, scope=KeyScope.RECORDS_READ))

    @router.post("/violations", status_code=201, responses={200: {"model": Recorded}})
    def report(
        body: ViolationBody,
        response: Response,
        caller: Annotated[Caller, Depends(gate.require(LOOKS_AT_PICTURES, scope=KeyScope.RECORDS_WRITE))],
    ) -> Recorded:
        """Record a capture attempt under the caller's own session; a repeated report answers 200."""
        if not violations.report(caller, body.report()):
            response.status_code = 200
        return Recorded(id=str(body.id))

    @router.get("/activity")
    def lines(
        caller: Annotated[Caller, reader],
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[str | None, Query(max_length=64)] = None,
        kind: Annotated[list[Storable] | None, Query(max_length=32)] = None,
    ) -> Lines:
        """Return what happened, newest first; `kind` may be given several times."""
        found, following = activity.lines(limit=limit, cursor=cursor, kinds=frozenset(kind or ()))
        tokens = issue_view_tokens(caller, {line.picture_id for line in found if line.picture_id})
        return Lines(
            items=[
                Line(
                    sequence=line.sequence,
                    time=line.time,
                    account=line.account,
                    kind=line.kind,
                    severity=line.severity,
                    what=line.what,
                    detail=line.detail,
                    picture_id=line.picture_id,
                    view_token=tokens.get(line.picture_id) if line.picture_id else None,
                    evidence=line.evidence,
                    judgement=line.judgement,
                    executable=line.executable,
                )
                for line in found
            ],
            next=following,
        )

    @router.get("/activity/summary", dependencies=[reader])
    def summary() -> SummaryBody:
        """Return the numbers above the activity list."""
        now = activity.summary()
        return SummaryBody(
            viewing_now=ViewingNow(
                total=sum(now.viewing_by_client.values()), by_client=now.viewing_by_client
            ),
            captures_7d=Captures(total=now.captures, hidden=now.captures_hidden),
            shown_today=Shown(pictures=now.shown_pictures, people=now.shown_people),
            response_p95_ms=now.server.p95_ms,
            uptime_s=now.server.uptime_seconds,
            restarts=now.server.restarts,
            violations_by_kind_7d=now.violations_by_kind,
            server=ServerFiguresBody(
                pictures_asked=now.server.pictures_asked,
                picture_success=now.server.picture_success,
                response_p50_ms=now.server.p50_ms,
                response_p95_ms=now.server.p95_ms,
                response_p99_ms=now.server.p99_ms,
                client_errors=now.server.client_errors,
                client_errors_per_hour=now.server.client_errors_per_hour,
                uptime_s=now.server.uptime_seconds,
                restarts=now.server.restarts,
            ),
            audit=AuditState(entries=now.audit_entries, intact=now.audit_intact),
        )

    @router.get(
        "/activity/{sequence}/evidence",
        dependencies=[reader],
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    def evidence(sequence: Annotated[int, Path(ge=1, le=2**53)]) -> Response:
        """Return the small picture of what was shown when the attempt was noticed."""
        return Response(
            violations.evidence(sequence), media_type="image/jpeg", headers={"Cache-Control": "no-store"}
        )

    return router


def _decoded(evidence: str | None) -> bytes | None:
    if evidence is None:
        return None
    try:
        return base64.b64decode(evidence, validate=True)
    except (binascii.Error, ValueError):
        raise EvidenceNotAccepted from None
