"""The ledger of alarms: what admins found attempts to be, by program, and which programs are known here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Row

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.events import announce
from local_server.guard import queries
from local_server.guard.errors import CaptureUnknown, JudgementNeeded, NoProgramNamed, QuietProgramUnknown
from local_server.guard.models import Cause, Judgement, QuietProgram

PROGRAMS: Final = 100


@dataclass(frozen=True, slots=True)
class Causes:
    """The programs behind alarms, and those on the quiet list."""

    causes: list[Cause]
    quiet: list[QuietProgram]


class Ledger:
    """Every judgement and every entry of the quiet list is in the audit log, with who made it."""

    def __init__(self, database: Database, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def read(self, days: int) -> Causes:
        """Return the causes of the last days, and the quiet list."""
        now = self._clock()
        with self._database.read() as connection:
            return Causes(
                queries.causes(connection, now - timedelta(days=days), PROGRAMS),
                list(queries.quiet_programs(connection, now)),
            )

    def judge(self, caller: Caller, sequence: int, judgement: Judgement, note: str) -> None:
        """Say what an attempt was; a later word replaces it. Raises CaptureUnknown.

        Where it is no false alarm after all, its program leaves the quiet list.
        """
        now = self._clock()
        with self._database.write() as connection:
            row = _capture(connection, sequence)
            queries.judge(connection, row.id, judgement, note, now, caller.name)
            self._record(connection, caller, "capture_judged", row, judgement=judgement.value, note=note)
            if judgement is Judgement.REAL and row.culprit_executable:
                left = queries.end_quiet(connection, now, caller.name, executable=row.culprit_executable)
                if left is not None:
                    self._record(connection, caller, "quiet_program_ended", row, executable=left)
                    announce(connection, now, "protection_changed", {})

    def quieten(self, caller: Caller, sequence: int, life: timedelta) -> QuietProgram:
        """Put the program of a false alarm on the quiet list, for a time.

        Raises CaptureUnknown, JudgementNeeded or NoProgramNamed.
        """
        now = self._clock()
        with self._database.write() as connection:
            row = _capture(connection, sequence)
            if row.judgement != Judgement.FALSE_ALARM.value:
                raise JudgementNeeded
            if not row.culprit_executable:
                raise NoProgramNamed
            program = QuietProgram(
                uuid4().hex,
                row.culprit_executable,
                now,
                caller.name,
                now + life,
                row.judged_note or "",
                sequence,
            )
            queries.add_quiet(connection, program, row.id)
            self._record(
                connection,
                caller,
                "quiet_program_added",
                row,
                executable=program.executable,
                expires_at=program.expires_at.isoformat(),
                note=program.note,
            )
            announce(connection, now, "protection_changed", {})
        return program

    def end(self, caller: Caller, quiet_id: str) -> None:
        """Take a program off the quiet list. Raises QuietProgramUnknown."""
        now = self._clock()
        with self._database.write() as connection:
            executable = queries.end_quiet(connection, now, caller.name, quiet_id=quiet_id)
            if executable is None:
                raise QuietProgramUnknown
            self._record(connection, caller, "quiet_program_ended", None, executable=executable)
            announce(connection, now, "protection_changed", {})

    def _record(
        self, connection: Connection, caller: Caller, kind: str, row: Row[Any] | None, **detail: object
    ) -> None:
        of = {} if row is None else {"capture": row.audit_sequence, "program": row.culprit_name}
        self._audit.record(
            connection,
            kind,
            account_id=caller.account_id,
            account_name=caller.name,
            viewing_session_id=caller.viewing_session_id,
            detail={**of, **detail},
        )


def _capture(connection: Connection, sequence: int) -> Row[Any]:
    row = queries.capture(connection, sequence)
    if row is None:
        raise CaptureUnknown
    return row
