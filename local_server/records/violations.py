"""Take the capture attempts that desktops report: stored, chained into the audit log, told to staff."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from local_server.accounts.models import Caller
from local_server.audit.entry import written
from local_server.audit.log import AuditLog
from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.events import announce
from local_server.records import queries
from local_server.records.errors import EvidenceNotAccepted, EvidenceNotFound, ReportIdTaken, TooManyReports
from local_server.records.models import CaptureReport
from local_server.storage.blobs import Blobs

CAPTURE_ATTEMPT: Final = "capture_attempt"
SHORT_SHIELD: Final = "short_shield"
MAX_EVIDENCE_BYTES: Final = 64 * 1024
# A guard sums a recorder's reads up; more reports than this are noise, or an attempt to fill the disk.
REPORTS_A_MINUTE: Final = 120
_CLOCK_TOLERANCE: Final = timedelta(seconds=5)
_JPEG: Final = (b"\xff\xd8\xff", b"\xff\xd9")

_log = structlog.get_logger("records.violations")


class Violations:
    """The rules of a report: whose it is, what of it is believed, and that it counts once."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        audit: AuditLog,
        clock: Callable[[], datetime],
        counted: Callable[[str], None],
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._audit = audit
        self._clock = clock
        self._counted = counted

    def report(self, caller: Caller, report: CaptureReport) -> bool:
        """Record one attempt under the caller's own session; False where it was recorded before.

        Without room for the evidence the attempt is recorded all the same.
        """
        now = self._clock()
        _check_evidence(report.evidence)
        with self._database.read() as connection:
            if self._known(caller, report, queries.violation_owner(connection, report.id)):
                return False
            recent = queries.violations_of_session_since(
                connection, caller.viewing_session_id, now - timedelta(minutes=1)
            )
        if recent >= REPORTS_A_MINUTE:
            raise TooManyReports(retry_after=60)
        blob = self._keep(report.evidence)
        with self._database.write() as connection:
            new = not self._known(caller, report, queries.violation_owner(connection, report.id))
            if new:
                self._record(connection, caller, report, now, blob)
        if not new and blob is not None:
            self._blobs.delete(blob)
        if new and not report.brief:
            self._counted(report.kind)
        return new

    def evidence(self, sequence: int) -> bytes:
        """Return the evidence picture (JPEG) of an audit entry."""
        with self._database.read() as connection:
            blob = queries.evidence_blob(connection, sequence)
        if blob is None:
            raise EvidenceNotFound
        return self._blobs.get(blob)

    def _known(self, caller: Caller, report: CaptureReport, owner: str | None) -> bool:
        if owner is not None and owner != caller.account_id:
            raise ReportIdTaken
        return owner is not None

    def _keep(self, evidence: bytes | None) -> str | None:
        if evidence is None:
            return None
        name = f"{secrets.token_hex(16)}-evidence"
        try:
            self._blobs.put(name, evidence)
        except Outage as outage:
            _log.error("evidence could not be kept", code=outage.code, reason=outage.detail)
            return None
        return name

    def _record(
        self, connection: Connection, caller: Caller, report: CaptureReport, now: datetime, blob: str | None
    ) -> None:
        started = queries.session_started_at(connection, caller.viewing_session_id)
        time = believed(report.time, started, now)
        picture_id = report.picture_id
        if picture_id is not None and not queries.picture_exists(connection, picture_id):
            picture_id = None
        queries.add_violation(
            connection,
            report,
            time=time,
            received_at=now,
            viewing_session_id=caller.viewing_session_id,
            account_id=caller.account_id,
            picture_id=picture_id,
            evidence_blob=blob,
        )
        detail = {
            "violation": report.id,
            "time": written(time),
            "kind": report.kind,
            "level": report.level,
            "culprit": {
                "pid": report.culprit.pid,
                "name": report.culprit.name,
                "executable": report.culprit.executable,
                "script": report.culprit.script,
            },
            "confidence": report.confidence,
            "region": report.region,
            "reads": report.count,
            "shield_ms": report.shield_ms,
            "hidden": report.hidden,
            "evidence": blob is not None,
            "machine": caller.machine_name,
            "answers": list(report.answers),
        }
        if report.spared is not None:
            detail |= {"spared": report.spared, "withheld": list(report.withheld)}
        if time != report.time:
            detail["reported_time"] = written(report.time)
        sequence = self._audit.record(
            connection,
            SHORT_SHIELD if report.brief else CAPTURE_ATTEMPT,
            account_id=caller.account_id,
            account_name=caller.name,
            viewing_session_id=caller.viewing_session_id,
            picture_id=picture_id,
            detail=detail,
        )
        queries.name_entry(connection, report.id, sequence)
        live = detail | {"sequence": sequence, "account": caller.name, "picture_id": picture_id}
        announce(connection, now, SHORT_SHIELD if report.brief else "violation", live, staff_only=True)


def believed(time: datetime, started: datetime, now: datetime) -> datetime:
    """Return the reported moment where it lies within the viewing session, else the nearest end of it.

    The desktop's clock is not the server's: a few seconds either way are not corrected.
    """
    if time > now + _CLOCK_TOLERANCE:
        return now
    return max(time, started - _CLOCK_TOLERANCE)


def _check_evidence(evidence: bytes | None) -> None:
    # It is never decoded here; who looks at it does so in a program that is ready for anything.
    if evidence is None:
        return
    head, tail = _JPEG
    if len(evidence) > MAX_EVIDENCE_BYTES or not evidence.startswith(head) or not evidence.endswith(tail):
        raise EvidenceNotAccepted
