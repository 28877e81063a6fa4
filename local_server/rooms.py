"""Every room of the server, built on one opened installation; only `app` and `cli` know as many."""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from local_server.accounts.api_keys.service import Keys as ApiKeys
from local_server.accounts.gate import Gate
from local_server.accounts.organisation.room import build_organisation
from local_server.accounts.policy import Policy
from local_server.accounts.room import AccountsRoom
from local_server.accounts.setup_code import SetupCode
from local_server.accounts.tokens import Tokens
from local_server.albums.service import Albums
from local_server.audit.checkpoint import PURPOSE as AUDIT_CHECKPOINTS
from local_server.audit.checkpoint import Signer
from local_server.audit.checkpoints import Checkpoints
from local_server.audit.log import AuditLog
from local_server.audit.service import Audit
from local_server.features.service import Features
from local_server.grants.service import Grants
from local_server.guard.claims import Claims
from local_server.guard.ledger import Ledger
from local_server.health import checks, outside
from local_server.health.debug import Debug
from local_server.health.metrics import Metrics, Run, Sources
from local_server.health.models import Part
from local_server.health.nodes import OwnNode, known_nodes
from local_server.health.service import Health
from local_server.health.traffic import Traffic
from local_server.health.violation_counts import ViolationCounts
from local_server.imaging.isolation import Decoder
from local_server.importer.gallery import Gallery
from local_server.importer.looking import Looking
from local_server.importer.service import Importer
from local_server.importer.virus_scan import virus_scan_of
from local_server.installation import Installation
from local_server.jobs.queue import JobQueue
from local_server.jobs.service import queue_state
from local_server.jobs.worker_process import WorkerProcess
from local_server.library.deliveries import Deliveries
from local_server.library.delivery import Delivery
from local_server.library.exports import Exports
from local_server.library.marking import PixelMarker
from local_server.library.openings import Openings
from local_server.library.originals import Originals
from local_server.library.protection import Level
from local_server.library.service import Library
from local_server.library.signed import SignedAddresses
from local_server.marks.codec import Codec
from local_server.marks.service import Overlays
from local_server.marks.traces import Traces
from local_server.records.activity import Activity
from local_server.records.bell import LocalBell
from local_server.records.error_reports import ClientErrors, ClientLog
from local_server.records.models import ServerFigures
from local_server.records.outbox import Outbox
from local_server.records.own import OwnRecords
from local_server.records.recordings.room import RecordingsRoom
from local_server.records.shared_bell import SharedBell
from local_server.records.starts import Starts
from local_server.records.violations import Violations
from local_server.storage.sealing import Sealer
from local_server.uploads.service import Uploads
from local_server.web.rates import Rates

SAMPLES: Final = Path(__file__).resolve().parents[1] / "resources" / "samples"


class Rooms:
    """The services of every room; nothing here has begun to run."""

    def __init__(
        self, installation: Installation, clock: Callable[[], datetime], *, safe: bool = False
    ) -> None:
        settings, data = installation.settings, installation.data
        database, keys, blobs = installation.database, installation.keys, installation.blobs
        self.installation, self.clock, self._safe = installation, clock, safe
        self.rates = Rates(installation.redis)

        self.audit_log = AuditLog(keys.derive("audit"), clock)
        signer = Signer(keys.derive(AUDIT_CHECKPOINTS), installation.id)
        self.audit = Audit(database, self.audit_log, signer, clock, time.monotonic)
        self.checkpoints = Checkpoints(database, self.audit_log, signer, clock)

        self.tokens = Tokens(keys.derive("tokens"), installation.id, clock)
        self.setup_code = SetupCode(keys.derive("setup"), installation.id)
        self.people = AccountsRoom(
            database, self.tokens, Sealer(keys.derive("totp")), self.audit_log, Policy.of(settings), clock
        )
        self.presence = self.people.presence
        self.accounts = self.people.accounts
        self.sessions = self.people.sessions
        self.features = Features(database, self.audit_log, clock)
        self.organisation = build_organisation(installation, self.sessions, self.audit_log, clock)
        self.api_keys = ApiKeys(database, self.presence, self.audit_log, clock)
        self.gate = Gate(self.sessions, self.api_keys, self.rates.rate("api_key", settings.api_key_rate))

        self.claims, self.ledger = (
            Claims(database, self.features, self.audit_log, clock),
            Ledger(database, self.audit_log, clock),
        )

        codec = Codec(keys.derive("marks"))
        self.overlays, self.traces = (
            Overlays(codec),
            Traces(
                installation, codec, self.audit_log, clock, timedelta(days=settings.evidence_retention_days)
            ),
        )
        self.library = Library(database, clock, Level(settings.default_protection))
        self.albums = Albums(database, self.audit_log, clock, Level(settings.default_protection))
        self.grants = Grants(database, self.audit_log, clock)
        self.deliveries = Deliveries(database, self.audit_log, clock)
        self.delivery = Delivery(
            database,
            blobs,
            self.library,
            Openings(database, self.audit_log, clock),
            Originals(database, blobs, data.uploads),
            Decoder(),
            PixelMarker(codec),
            self.tokens,
            self.deliveries,
        )
        self.exports = Exports(
            database,
            self.library,
            self.delivery,
            Originals(database, blobs, data.uploads),
            self.audit_log,
        )

        self.addresses = SignedAddresses(
            self.tokens,
            self.library,
            self.delivery,
            self.sessions.caller,
            timedelta(seconds=settings.signed_url_expiry),
        )

        self.gallery = Gallery(database, data, SAMPLES, self.audit_log, clock)
        queue = JobQueue(installation.queue, key=installation.keys.derive("queue"))
        self.looking = Looking(database, queue)
        self.uploads = Uploads(installation, queue, virus_scan_of(installation), self.audit_log, clock)
        self.importer = Importer(database, self.gallery, queue, clock, settings.max_file_size)
        self.worker = WorkerProcess(data.root, settings.secrets())

        self.traffic = Traffic()
        self.violation_counts = ViolationCounts()
        self.starts = Starts(data.root / "starts.json", clock)
        self.bell = (
            LocalBell() if installation.redis is None else SharedBell(installation.redis, installation.id)
        )
        database.on_announced(self.bell.ring)
        self.outbox = Outbox(database, clock, self.bell)
        self.recordings = RecordingsRoom(
            database,
            blobs,
            self.audit_log,
            clock,
            time.monotonic,
            kept=timedelta(days=settings.record_retention_days),
            evidence_kept=timedelta(days=settings.evidence_retention_days),
        )
        self.violations = Violations(database, blobs, self.audit_log, clock, self.violation_counts.add)
        self.client_log, self.client_errors = ClientLog(data.logs), ClientErrors()
        self.activity = Activity(database, self.audit, self.figures, clock)
        self.own_records = OwnRecords(database, clock, timedelta(days=settings.evidence_retention_days))

        self.node = OwnNode(database, "server", clock)
        self.known_nodes = lambda: known_nodes(database, clock)
        self.health = Health(self._parts(), database, clock, time.monotonic)
        self.debug = Debug(
            database,
            settings.model_dump(mode="json"),
            lambda: asdict(self.gallery.state()),
            self.known_nodes,
            data.logs / "error.log",
        )

        self.metrics = Metrics(
            Sources(
                run=lambda: Run((clock() - self.starts.started_at).total_seconds(), self.starts.restarts),
                traffic=self.traffic.measured,
                report=self.health.report,
                violations=self.violation_counts.by_kind,
                client_errors=lambda: self.client_errors.total,
                worker_pid=lambda: self.worker.pid,
            )
        )

    def _parts(self) -> list[Part]:
        """Return what the health report looks at."""
        installation = self.installation
        database, clock = installation.database, self.clock
        beside = [
            self._worker_check(),
            checks.WatcherCheck(lambda: checks.WatcherFacts(**asdict(self.importer.watcher()))),
        ]
        return [
            checks.DatabaseCheck(database, time.perf_counter),
            checks.DirectoryCheck(installation.data),
            checks.StorageCheck(installation.data.blobs, bucket=installation.cached is not None),
            checks.QueueCheck(lambda: checks.QueueCounts(**asdict(queue_state(database, clock)))),
            *([checks.SafeModeCheck()] if self._safe else beside),
            checks.KeysCheck(installation.keys),
            *outside.parts(installation),
        ]

    def figures(self, now: datetime) -> ServerFigures:
        """Return how this server has done since its start."""
        pictures, errors = self.traffic.pictures(), self.client_errors.total
        uptime = (now - self.starts.started_at).total_seconds()
        return ServerFigures(
            pictures_asked=pictures.asked,
            picture_success=pictures.success_rate,
            p50_ms=pictures.p50_ms,
            p95_ms=pictures.p95_ms,
            p99_ms=pictures.p99_ms,
            client_errors=errors,
            # In its first hour a server has had as many as it had.
            client_errors_per_hour=errors / max(1.0, uptime / 3600),
            uptime_seconds=uptime,
            restarts=self.starts.restarts,
        )

    def _worker_check(self) -> Part:
        if not self.installation.settings.start_worker:
            return checks.WorkersElsewhereCheck(self.known_nodes)
        return checks.WorkerCheck(
            lambda: checks.WorkerFacts(
                self.worker.running, self.worker.pid, self.worker.restarts, self.worker.reason
            )
        )
