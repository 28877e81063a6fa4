"""The rules of recordings: whose they are, what is added once, how they end and who reads them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import uuid4

import structlog

from local_server.accounts.models import READS_RECORDS, Caller
from local_server.audit.log import AuditLog
from local_server.database.engine import Database
from local_server.errors import Outage, Rejection
from local_server.events import announce
from local_server.records.recordings import queries
from local_server.records.recordings.archive import interactions_in
from local_server.records.recordings.archiving import Archiving
from local_server.records.recordings.errors import (
    RecordingEnded,
    RecordingFull,
    RecordingNotFound,
    SequenceTooFar,
    TooManyRecordings,
)
from local_server.records.recordings.models import (
    MAX_INTERACTIONS,
    WINDOW,
    Acknowledged,
    Interaction,
    Recording,
)
from local_server.records.violations import believed
from local_server.storage.blobs import Blobs

OPEN_AT_MOST: Final = 8
BEGUN_A_DAY: Final = 500

_log = structlog.get_logger("records.recordings")


@dataclass(frozen=True, slots=True)
class Sent:
    """Interactions that a viewing session sends to a recording."""

    viewing_session_id: str
    recording_id: str
    items: Sequence[Interaction]


class Recordings:
    """Begin, fill, end and read recordings."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        archiving: Archiving,
        audit: AuditLog,
        clock: Callable[[], datetime],
        kept: timedelta,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._archiving = archiving
        self._audit = audit
        self._clock = clock
        self._kept = kept

    def start(self, caller: Caller, context: dict[str, Any]) -> str:
        """Begin a recording of the caller's viewing session and return its id."""
        now = self._clock()
        recording_id = uuid4().hex
        with self._database.write() as connection:
            still_open = queries.open_of_session(connection, caller.viewing_session_id)
            begun = queries.begun_since(connection, caller.account_id, now - timedelta(days=1))
            if still_open >= OPEN_AT_MOST or begun >= BEGUN_A_DAY:
                raise TooManyRecordings(retry_after=60)
            queries.add(
                connection,
                recording_id,
                viewing_session_id=caller.viewing_session_id,
                account_id=caller.account_id,
                now=now,
                context=context,
            )
        return recording_id

    def resume(self, caller: Caller, recording_id: str) -> Recording:
        """Return a recording of this viewing session that can be gone on with."""
        with self._database.read() as connection:
            recording = queries.find(connection, recording_id)
        if recording is None or recording.viewing_session_id != caller.viewing_session_id:
            raise RecordingNotFound
        if recording.ended_at is not None:
            raise RecordingEnded
        return recording

    def add(self, caller: Caller, recording_id: str, items: Sequence[Interaction]) -> Acknowledged:
        """Store what was not stored before, and say how far nothing is missing."""
        outcome = self.add_all([Sent(caller.viewing_session_id, recording_id, items)])[0]
        if isinstance(outcome, Rejection):
            raise outcome
        return outcome

    def add_all(self, sent: Sequence[Sent]) -> list[Acknowledged | Rejection]:
        """Store what several clients have sent in one transaction; each gets its own answer."""
        now = self._clock()
        outcomes: list[Acknowledged | Rejection] = []
        rows: list[tuple[str, Interaction]] = []
        with self._database.write() as connection:
            states = queries.states(connection, {each.recording_id for each in sent})
            changed = {}
            for each in sent:
                state = states.get(each.recording_id)
                refusal = _refusal(state, each)
                if state is None or refusal is not None:
                    outcomes.append(refusal or RecordingNotFound())
                    continue
                by_sequence = {item.sequence: item for item in reversed(each.items)}
                new = state.arrived.take(sorted(by_sequence))
                for sequence in new:
                    item = by_sequence[sequence]
                    time = believed(item.time, state.session_started_at, now)
                    rows.append((each.recording_id, item if time == item.time else replace(item, time=time)))
                state.stored += len(new)
                if new:
                    changed[each.recording_id] = state
                outcomes.append(Acknowledged(state.arrived.contiguous, len(new)))
            queries.store(connection, rows, changed.items())
        return outcomes

    def end(self, caller: Caller, recording_id: str) -> Recording:
        """End a recording of the caller and archive it; ended before, it stays as it is.

        Where there is no room for the archive, the recording has ended all the same and is archived later.
        """
        now = self._clock()
        with self._database.write() as connection:
            recording = queries.find(connection, recording_id)
            if recording is None or recording.account_id != caller.account_id:
                raise RecordingNotFound
            if queries.end(connection, recording_id, now=now, reason="ended", delete_at=now + self._kept):
                announce(
                    connection,
                    now,
                    "recording_ended",
                    {"recording_id": recording_id, "account": recording.account, "reason": "ended"},
                    staff_only=True,
                )
        try:
            self._archiving.archive(recording_id)
        except Outage as outage:
            _log.error("recording not archived yet", recording=recording_id, code=outage.code)
        return self.see(caller, recording_id)

    def see(self, caller: Caller, recording_id: str) -> Recording:
        """Return one recording: one's own, or anybody's to who reads records."""
        with self._database.read() as connection:
            recording = queries.find(connection, recording_id)
        if recording is None or not self._may_read(caller, recording):
            raise RecordingNotFound
        return recording

    def page(
        self, caller: Caller, *, everybody: bool, after: tuple[datetime, str] | None, limit: int
    ) -> list[Recording]:
        """Return recordings, newest first: the caller's own, or everybody's to who reads records."""
        own = not everybody or caller.role not in READS_RECORDS
        with self._database.read() as connection:
            return queries.page(
                connection, account_id=caller.account_id if own else None, after=after, limit=limit
            )

    def interactions(self, caller: Caller, recording_id: str, *, after: int, limit: int) -> list[Interaction]:
        """Return interactions in their order; that somebody reads another person's is noted."""
        with self._database.read() as connection:
            recording = queries.find(connection, recording_id)
            if recording is None or not self._may_read(caller, recording):
                raise RecordingNotFound
            found = None
            if recording.archive_blob is None:
                found = list(queries.interactions_of(connection, recording_id, after=after, limit=limit))
        if after == 0:
            self.note_reading(caller, recording)
        if found is None and recording.archive_blob is not None:
            archive = self._blobs.get(recording.archive_blob)
            found = list(islice(interactions_in(archive, after=after), limit))
        return found or []

    def note_reading(self, caller: Caller, recording: Recording) -> None:
        """Write into the audit log that somebody reads what another person did."""
        if caller.account_id == recording.account_id:
            return
        with self._database.write() as connection:
            self._audit.record(
                connection,
                "recording_read",
                account_id=caller.account_id,
                account_name=caller.name,
                viewing_session_id=caller.viewing_session_id,
                detail={"recording": recording.id, "of": recording.account},
            )

    def _may_read(self, caller: Caller, recording: Recording) -> bool:
        # Past its time it is gone, though its bytes are deleted a moment later.
        if recording.kept_until is not None and recording.kept_until <= self._clock():
            return False
        return caller.role in READS_RECORDS or recording.account_id == caller.account_id


def _refusal(state: queries.State | None, sent: Sent) -> Rejection | None:
    if state is None or state.viewing_session_id != sent.viewing_session_id:
        return RecordingNotFound()
    if all(item.sequence in state.arrived for item in sent.items):
        return None  # sent again: acknowledged again, whatever has become of the recording
    if state.ended:
        return RecordingEnded()
    if state.stored + len(sent.items) > MAX_INTERACTIONS:
        return RecordingFull()
    if max(item.sequence for item in sent.items) > state.arrived.contiguous + WINDOW:
        return SequenceTooFar()
    return None
