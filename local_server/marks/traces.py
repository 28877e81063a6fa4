"""Traces that were asked for: one at a time on a thread of its own, told of in rows that all servers read."""

import base64
import json
import os
import queue
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any, Final
from uuid import uuid4

import structlog
from sqlalchemy import Row

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller
from local_server.errors import Failure, Outage
from local_server.imaging.isolation import Decoder
from local_server.installation import Installation
from local_server.marks import trace_queries as queries
from local_server.marks.codec import Codec
from local_server.marks.errors import FileTooLarge, TraceFailed, TraceLost, TracerBusy, TraceUnknown
from local_server.marks.models import Trace
from local_server.marks.report import audited, report
from local_server.marks.trace_queries import State
from local_server.marks.tracer import Tracer
from local_server.uploads.models import Received, TooLarge

MOST_WAITING: Final = 8
_RETRY_SECONDS: Final = 20
# A larger file is opened into a nameless one on the disk.
_IN_MEMORY: Final = 64 << 20
# A server that is at work says so at every step, the longest of which takes seconds.
SILENT: Final = timedelta(minutes=2)
_log = structlog.get_logger("traces")


class _Ended(Exception):
    """Nobody waits for the trace any more."""


@dataclass(frozen=True, slots=True)
class _Job:
    id: str
    caller: Caller
    file: Received


class Traces:
    """Takes files, traces them in their order, and keeps what came of it."""

    def __init__(
        self,
        installation: Installation,
        codec: Codec,
        audit: Audit,
        clock: Callable[[], datetime],
        kept: timedelta,
    ) -> None:
        """Keep pictures of what files showed for the length of `kept`."""
        self._database = installation.database
        self._blobs = installation.blobs
        self._decoder = Decoder()
        self._tracer = Tracer(installation.database, installation.blobs, codec, self._decoder)
        self._audit = audit
        self._clock = clock
        self._kept = kept
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._waiting: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="traces", daemon=True)

    def start(self) -> None:
        """Begin to work; what an earlier run of the only server left undone is told to be lost."""
        if self._database.path is not None:
            with suppress(Outage), self._database.write() as connection:
                queries.end_silent(connection, None, self._clock(), _failure(TraceLost()))
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is being done; what waits is lost, and said to be."""
        self._stop.set()
        self._jobs.put(None)
        self._thread.join()
        self._decoder.close()

    def check_room(self) -> None:
        """Raise TracerBusy where no more files are taken."""
        if len(self._waiting) >= MOST_WAITING:
            raise TracerBusy(retry_after=_RETRY_SECONDS)

    def take(self, caller: Caller, received: Received | TooLarge) -> str:
        """Take a file to be traced and return the trace's id. Raises FileTooLarge or TracerBusy."""
        if isinstance(received, TooLarge):
            raise FileTooLarge
        job = _Job(uuid4().hex, caller, received)
        now = self._clock()
        try:
            with self._lock:
                self.check_room()
                self._waiting[job.id] = job
            with self._database.write() as connection:
                queries.end_silent(connection, now - SILENT, now, _failure(TraceLost()))
                queries.forget_evidence(connection, now - self._kept)
                values = {"id": job.id, "account_id": caller.account_id, "started_at": now, "seen_at": now}
                about = {"name": received.name, "content_hash": received.content_hash}
                queries.add(connection, {**values, **about, "bytes": received.size})
        except BaseException:
            self._waiting.pop(job.id, None)
            received.path.unlink(missing_ok=True)
            raise
        self._jobs.put(job)
        return job.id

    def look(self, trace_id: str) -> Row[Any]:
        """Return a trace. Raises TraceUnknown."""
        with self._database.read() as connection:
            row = queries.one(connection, trace_id)
        if row is None:
            raise TraceUnknown
        return row

    def page(self, after: tuple[datetime, str] | None, limit: int) -> list[Row[Any]]:
        """Return traces, the newest first."""
        with self._database.read() as connection:
            return list(queries.page(connection, after, limit))

    def cancel(self, caller: Caller, trace_id: str) -> Row[Any]:
        """End a trace that has not ended; the step that is being done is finished first."""
        row = self.look(trace_id)
        with self._database.write() as connection:
            if queries.end(connection, trace_id, State.CANCELLED, self._clock()):
                self._record(connection, caller, row.name, row.content_hash, {"outcome": "cancelled"})
        return self.look(trace_id)

    def preview(self, trace_id: str, part: int) -> bytes:
        """Return a JPEG of what a part of the file shows. Raises TraceUnknown."""
        blob = self.look(trace_id).evidence_blob
        previews = [] if blob is None else json.loads(self._blobs.get(blob))
        if part >= len(previews):
            raise TraceUnknown("The file has no such part, or its time is over.")
        return base64.b64decode(previews[part])

    def silent(self, row: Row[Any]) -> bool:
        """Say whether nobody is at work any more at a trace that has not ended."""
        return row.ended_at is None and row.seen_at < self._clock() - SILENT

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._do(job)
            finally:
                self._waiting.pop(job.id, None)
                job.file.path.unlink(missing_ok=True)

    def _do(self, job: _Job) -> None:
        try:
            with self._opened(job) as source:
                trace = self._tracer.trace(source.fileno(), lambda step: self._go_on(job, step))
            self._finish(job, trace)
        except _Ended:
            if self._stop.is_set():
                self._fail(job, TraceLost())
        except Failure as failure:
            _log.error("outage", code=failure.code, detail=failure.detail, trace=job.id)
            self._fail(job, failure)
        except Exception:  # noqa: BLE001  # one file must not end the thread that traces the next
            _log.exception("bug", trace=job.id)
            self._fail(job, TraceFailed())

    def _opened(self, job: _Job) -> IO[bytes]:
        """Return the content of a file that came, in one that has no name."""
        self._go_on(job, "Opening the file")
        content: IO[bytes]
        if hasattr(os, "memfd_create") and job.file.size <= _IN_MEMORY:
            content = os.fdopen(os.memfd_create("leak", os.MFD_CLOEXEC), "w+b")
        else:
            content = tempfile.TemporaryFile(dir=job.file.path.parent)  # noqa: SIM115  # the caller closes it
        try:
            with job.file.path.open("rb") as sealed:
                for chunk in self._blobs.opened(job.file.blob, sealed):
                    content.write(chunk)
            content.flush()
        except BaseException:
            content.close()
            raise
        return content

    def _go_on(self, job: _Job, step: str) -> None:
        if self._stop.is_set():
            raise _Ended
        with self._database.write() as connection:
            going = queries.go_on(connection, job.id, step, self._clock())
            queries.keep_waiting(connection, list(self._waiting), self._clock())
        if not going:
            raise _Ended

    def _finish(self, job: _Job, trace: Trace) -> None:
        blob = None
        if trace.parts:
            blob = f"{job.id}-trace"
            previews = [base64.b64encode(part.preview).decode() for part in trace.parts]
            self._blobs.put(blob, json.dumps(previews).encode())
        with self._database.write() as connection:
            values = {"result": report(trace), "evidence_blob": blob}
            if queries.end(connection, job.id, State.DONE, self._clock(), **values):
                self._record(connection, job.caller, job.file.name, job.file.content_hash, audited(trace))

    def _fail(self, job: _Job, failure: Failure) -> None:
        try:
            with self._database.write() as connection:
                queries.end(connection, job.id, State.FAILED, self._clock(), result=_failure(failure))
        except Outage as outage:  # the row falls silent, and is told to be lost
            _log.error("outage", code=outage.code, detail=outage.detail, trace=job.id)

    def _record(
        self, connection: Any, caller: Caller, name: str, content_hash: str, found: dict[str, Any]
    ) -> None:
        self._audit.record(
            connection,
            "leak_traced",
            account_id=caller.account_id,
            account_name=caller.name,
            viewing_session_id=caller.viewing_session_id,
            detail={"file": name, "content_hash": content_hash, **found},
        )


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "failure": {
            "code": failure.code,
            "title": failure.title,
            "detail": failure.detail,
            "advice": failure.advice,
        }
    }
