"""SQL of the records room."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, distinct, func, insert, select, update
from sqlalchemy.sql.functions import coalesce

from local_server.database.tables import (
    accounts,
    audit_entries,
    deliveries,
    pictures,
    viewing_sessions,
    violations,
)
from local_server.health.violation_counts import bounded
from local_server.records.models import AuditRow, CaptureReport

_OPENING_RENDITIONS = ("screen", "tile")


def viewing_since(connection: Connection, since: datetime) -> dict[str, int]:
    """Count, by kind of client, the sessions that were seen since then and have not ended."""
    rows = connection.execute(
        select(viewing_sessions.c.client, func.count())
        .where(viewing_sessions.c.seen_at >= since, viewing_sessions.c.ended_at.is_(None))
        .group_by(viewing_sessions.c.client)
    )
    return {str(client): int(count) for client, count in rows}


def session_started_at(connection: Connection, session_id: str) -> datetime:
    """Return when a viewing session began."""
    statement = select(viewing_sessions.c.started_at).where(viewing_sessions.c.id == session_id)
    started_at: datetime = connection.execute(statement).scalar_one()
    return started_at


def violation_owner(connection: Connection, violation_id: str) -> str | None:
    """Return the account that reported this id before."""
    return connection.execute(
        select(violations.c.account_id).where(violations.c.id == violation_id)
    ).scalar_one_or_none()


def violations_of_session_since(connection: Connection, session_id: str, since: datetime) -> int:
    """Count one session's reports since a moment."""
    return connection.execute(
        select(func.count())
        .select_from(violations)
        .where(violations.c.viewing_session_id == session_id, violations.c.received_at >= since)
    ).scalar_one()


def picture_exists(connection: Connection, picture_id: str) -> bool:
    """Say whether the catalogue knows a picture."""
    return connection.execute(select(pictures.c.id).where(pictures.c.id == picture_id)).first() is not None


def add_violation(
    connection: Connection,
    report: CaptureReport,
    *,
    time: datetime,
    received_at: datetime,
    viewing_session_id: str,
    account_id: str,
    picture_id: str | None,
    evidence_blob: str | None,
) -> None:
    """Store one capture attempt."""
    connection.execute(
        insert(violations).values(
            id=report.id,
            time=time,
            received_at=received_at,
            viewing_session_id=viewing_session_id,
            account_id=account_id,
            picture_id=picture_id,
            kind=report.kind,
            level=report.level,
            culprit_pid=report.culprit.pid,
            culprit_name=report.culprit.name,
            culprit_executable=report.culprit.executable,
            confidence=report.confidence,
            region=report.region,
            shield_ms=report.shield_ms,
            hidden=report.hidden,
            evidence_blob=evidence_blob,
            brief=report.brief,
            spared=report.spared,
        )
    )


def captures_since(connection: Connection, since: datetime) -> tuple[int, int]:
    """Return how many capture attempts there were, and how many found the picture hidden."""
    row = connection.execute(
        select(func.count(), func.count().filter(violations.c.hidden)).where(
            violations.c.time >= since, violations.c.brief.is_(False)
        )
    ).one()
    return int(row[0]), int(row[1])


def violations_by_kind(connection: Connection, since: datetime) -> dict[str, int]:
    """Count capture attempts by kind; those that are not known are "other", in one number."""
    rows = connection.execute(
        select(violations.c.kind, func.count())
        .where(violations.c.time >= since, violations.c.brief.is_(False))
        .group_by(violations.c.kind)
    )
    found: Counter[str] = Counter()
    for kind, count in rows:
        found[bounded(kind)] += count
    return dict(found.most_common())


def shown_since(connection: Connection, since: datetime) -> tuple[int, int]:
    """Return how many different pictures were opened (thumbnails do not count), and by how many people."""
    row = connection.execute(
        select(
            func.count(distinct(deliveries.c.picture_id)), func.count(distinct(deliveries.c.account_id))
        ).where(deliveries.c.time >= since, deliveries.c.rendition.in_(_OPENING_RENDITIONS))
    ).one()
    return int(row[0]), int(row[1])


def audit_rows(
    connection: Connection, *, before: int | None, kinds: frozenset[str], limit: int
) -> list[AuditRow]:
    """Return entries, newest first."""
    conditions: list[ColumnElement[bool]] = []
    if before is not None:
        conditions.append(audit_entries.c.sequence < before)
    if kinds:
        conditions.append(audit_entries.c.kind.in_(kinds))
    statement = (
        select(
            audit_entries,
            coalesce(audit_entries.c.account_name, accounts.c.name).label("account"),
            viewing_sessions.c.mark,
            violations.c.evidence_blob,
            violations.c.judgement,
        )
        .select_from(
            audit_entries.outerjoin(accounts, accounts.c.id == audit_entries.c.account_id)
            .outerjoin(viewing_sessions, viewing_sessions.c.id == audit_entries.c.viewing_session_id)
            .outerjoin(violations, violations.c.audit_sequence == audit_entries.c.sequence)
        )
        .where(*conditions)
        .order_by(audit_entries.c.sequence.desc())
        .limit(limit)
    )
    return [_audit_row(row) for row in connection.execute(statement)]


def _audit_row(row: Row[Any]) -> AuditRow:
    return AuditRow(
        sequence=row.sequence,
        time=row.time,
        kind=row.kind,
        account=row.account,
        picture_id=row.picture_id,
        mark=row.mark,
        detail=row.detail,
        evidence=row.evidence_blob is not None,
        judgement=row.judgement,
    )


def evidence_blob(connection: Connection, sequence: int) -> str | None:
    """Return the blob of the evidence that belongs to an audit entry."""
    return connection.execute(
        select(violations.c.evidence_blob).where(violations.c.audit_sequence == sequence)
    ).scalar_one_or_none()


def name_entry(connection: Connection, violation_id: str, sequence: int) -> None:
    """Remember which audit entry tells of a capture attempt."""
    connection.execute(
        update(violations).where(violations.c.id == violation_id).values(audit_sequence=sequence)
    )
