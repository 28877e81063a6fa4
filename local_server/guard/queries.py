"""SQL of claims, judgements and quiet programs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, insert, select, update

from local_server.database.tables import quiet_programs as quiet_table
from local_server.database.tables import viewing_sessions, violations
from local_server.guard.models import Cause, Judgement, QuietProgram, Sentinel, Told


def told(connection: Connection, session_id: str) -> Told:
    """Return what a viewing session's machine has said before."""
    row = connection.execute(select(viewing_sessions).where(viewing_sessions.c.id == session_id)).one()
    sentinel = None if row.sentinel_id is None else Sentinel(row.sentinel_id, row.sentinel_beats)
    return Told(
        row.holds,
        row.holds_until,
        row.holds_reason,
        sentinel,
        row.told_at,
        row.doubted_at,
        row.strengthened_at,
    )


def tell(
    connection: Connection,
    session_id: str,
    holds: str,
    reason: str,
    sentinel: Sentinel | None,
    now: datetime,
    until: datetime,
) -> None:
    """Write down what a machine says."""
    connection.execute(
        update(viewing_sessions)
        .where(viewing_sessions.c.id == session_id)
        .values(
            holds=holds,
            holds_reason=reason,
            holds_until=until,
            sentinel_id=None if sentinel is None else sentinel.id,
            sentinel_beats=None if sentinel is None else sentinel.beats,
            told_at=now,
        )
    )


def set_moment(connection: Connection, session_id: str, column: str, now: datetime) -> None:
    """Set when something first happened in a session."""
    connection.execute(
        update(viewing_sessions).where(viewing_sessions.c.id == session_id).values({column: now})
    )


def quiet_programs(connection: Connection, now: datetime) -> Iterator[QuietProgram]:
    """Yield the programs that hide nothing now, the newest first."""
    statement = (
        select(quiet_table, violations.c.judged_note, violations.c.audit_sequence)
        .join(violations, violations.c.id == quiet_table.c.violation_id)
        .where(quiet_table.c.expires_at > now, quiet_table.c.ended_at.is_(None))
        .order_by(quiet_table.c.added_at.desc(), quiet_table.c.id)
        .limit(500)
    )
    for row in connection.execute(statement):
        yield QuietProgram(
            row.id,
            row.executable,
            row.added_at,
            row.added_by,
            row.expires_at,
            row.judged_note or "",
            row.audit_sequence,
        )


def capture(connection: Connection, sequence: int) -> Row[Any] | None:
    """Return the attempt that an entry of the audit log tells of."""
    return connection.execute(select(violations).where(violations.c.audit_sequence == sequence)).one_or_none()


def judge(
    connection: Connection, violation_id: str, judgement: Judgement, note: str, now: datetime, by: str
) -> None:
    """Write down what an admin found."""
    connection.execute(
        update(violations)
        .where(violations.c.id == violation_id)
        .values(judgement=judgement.value, judged_note=note, judged_at=now, judged_by=by)
    )


def add_quiet(connection: Connection, program: QuietProgram, violation_id: str) -> None:
    """Put a program on the quiet list, in place of an earlier entry of its path."""
    end_quiet(connection, program.added_at, program.added_by, executable=program.executable)
    connection.execute(
        insert(quiet_table).values(
            id=program.id,
            executable=program.executable,
            violation_id=violation_id,
            added_at=program.added_at,
            added_by=program.added_by,
            expires_at=program.expires_at,
        )
    )


def end_quiet(
    connection: Connection, now: datetime, by: str, *, quiet_id: str = "", executable: str = ""
) -> str | None:
    """Take a program off the list, by id or by path; return its path, None where it is not on it."""
    which = quiet_table.c.id == quiet_id if quiet_id else quiet_table.c.executable == executable
    open_now = (which, quiet_table.c.ended_at.is_(None), quiet_table.c.expires_at > now)
    found = connection.execute(select(quiet_table.c.executable).where(*open_now)).scalars().first()
    connection.execute(update(quiet_table).where(*open_now).values(ended_at=now, ended_by=by))
    return found


def causes(connection: Connection, since: datetime, limit: int) -> list[Cause]:
    """Return the programs behind captures since a moment, those with the most attempts first."""

    def number(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    attempts = number(violations.c.brief.is_(False))
    statement = (
        select(
            violations.c.culprit_executable,
            violations.c.culprit_name,
            attempts.label("attempts"),
            number(violations.c.brief.is_(True)).label("short_shields"),
            number(violations.c.judgement == Judgement.FALSE_ALARM.value).label("false_alarms"),
            number(violations.c.judgement == Judgement.REAL.value).label("real"),
            func.max(violations.c.time).label("last_at"),
        )
        .where(violations.c.time >= since)
        .group_by(violations.c.culprit_executable, violations.c.culprit_name)
        .order_by(attempts.desc(), func.max(violations.c.time).desc())
        .limit(limit)
    )
    return [
        Cause(
            row.culprit_executable,
            row.culprit_name,
            row.attempts,
            row.short_shields,
            row.false_alarms,
            row.real,
            row.last_at,
        )
        for row in connection.execute(statement)
    ]
