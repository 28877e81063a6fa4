"""GET /metrics: what this process knows of itself, in Prometheus's text format; made anew at each scrape.

The catalogue is not asked: the numbers of the queue are those of the last health report, so that a database
that hangs can't hold a scrape up.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

from local_server import VERSION
from local_server.health.models import Report, Status
from local_server.health.traffic import BUCKETS, Durations, Measured

if TYPE_CHECKING:
    from prometheus_client import Metric

PREFIX: Final = "vaultsecure"
_QUEUE_STATES: Final = ("waiting", "active", "completed", "failed")


@dataclass(frozen=True, slots=True)
class Run:
    """This run of the server."""

    uptime_seconds: float
    restarts: int


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the numbers come from; each is asked at every scrape, and none of them waits."""

    run: Callable[[], Run]
    traffic: Callable[[], Measured]
    report: Callable[[], Report]
    violations: Callable[[], Mapping[str, int]]
    client_errors: Callable[[], int]
    worker_pid: Callable[[], int | None]


class Metrics:
    """Writes the numbers of one application."""

    content_type: Final = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def text(self) -> bytes:
        """Return all of it."""
        # Here and not above: loading it takes a tenth of the server's start, and most are never scraped.
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator["Metric"]:
        """Yield each family."""
        from prometheus_client.core import CounterMetricFamily as Counter
        from prometheus_client.core import GaugeMetricFamily as Gauge
        from prometheus_client.core import InfoMetricFamily as Info

        run, measured, report = self._sources.run(), self._sources.traffic(), self._sources.report()
        yield Info(f"{PREFIX}_build", "The version that runs.", {"version": VERSION})
        yield Gauge(f"{PREFIX}_uptime_seconds", "How long this server runs.", run.uptime_seconds)
        yield Counter(f"{PREFIX}_restarts", "Starts before this one under the same parent.", run.restarts)
        yield from _answers(measured)
        yield from _pictures(measured)
        refusals = Counter(f"{PREFIX}_rate_refusals", "Requests refused with 429.", labels=["route"])
        for route, count in sorted(measured.rate_refusals.items()):
            refusals.add_metric([route], count)
        yield refusals
        yield Gauge(f"{PREFIX}_live_sockets", "WebSockets that are open.", measured.sockets)
        violations = Counter(f"{PREFIX}_violations", "Violations reported to this server.", labels=["kind"])
        for kind, count in self._sources.violations().items():
            violations.add_metric([kind], count)
        yield violations
        yield Counter(
            f"{PREFIX}_client_errors", "Errors that clients have reported.", self._sources.client_errors()
        )
        yield from _parts(report)
        yield from _processes(self._sources.worker_pid())


def _answers(measured: Measured) -> Iterator["Metric"]:
    from prometheus_client.core import HistogramMetricFamily as Histogram

    durations = Histogram(
        f"{PREFIX}_http_request_duration_seconds",
        "Answers by route and class of status, from a request's arrival to the answer's last byte.",
        labels=["method", "route", "status"],
    )
    for key, told in sorted(measured.answers.items(), key=lambda item: (item[0].route, item[0].method)):
        durations.add_metric([key.method, key.route, key.status], _buckets(told), told.seconds)
    yield durations


def _buckets(told: Durations) -> list[tuple[str, float]]:
    found, below = [], 0
    for end, count in zip((*(str(end) for end in BUCKETS), "+Inf"), told.buckets, strict=True):
        below += count
        found.append((end, float(below)))
    return found


def _pictures(measured: Measured) -> Iterator["Metric"]:
    from prometheus_client.core import CounterMetricFamily as Counter
    from prometheus_client.core import GaugeMetricFamily as Gauge
    from prometheus_client.core import Metric

    pictures = measured.pictures
    asked = Counter(f"{PREFIX}_pictures", "Pictures asked for, by what became of them.", labels=["outcome"])
    for outcome in ("delivered", "refused", "failed"):
        asked.add_metric([outcome], getattr(pictures, outcome))
    yield asked
    rate = Gauge(f"{PREFIX}_picture_success_ratio", "Pictures delivered of those asked for.", labels=[])
    if pictures.success_rate is not None:
        rate.add_metric([], pictures.success_rate)
    yield rate
    summary = Metric(
        f"{PREFIX}_picture_duration_seconds",
        "Delivered pictures; the quantiles are those of the last thousand.",
        "summary",
    )
    for share, milliseconds in (
        ("0.5", pictures.p50_ms),
        ("0.95", pictures.p95_ms),
        ("0.99", pictures.p99_ms),
    ):
        if milliseconds is not None:
            summary.add_sample(summary.name, {"quantile": share}, milliseconds / 1000)
    summary.add_sample(f"{summary.name}_count", {}, pictures.delivered)
    summary.add_sample(f"{summary.name}_sum", {}, pictures.seconds)
    yield summary


def _parts(report: Report) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily as Gauge

    states = Gauge(
        f"{PREFIX}_part_state", "1 at the state that a part of the server is in.", labels=["part", "state"]
    )
    for name, part in report.parts.items():
        for status in Status:
            states.add_metric([name, status.value.replace(" ", "_")], float(part.status is status))
    yield states
    healthy = report.status is not Status.UNHEALTHY
    yield Gauge(f"{PREFIX}_healthy", "1 while the server can serve.", float(healthy))
    jobs = Gauge(f"{PREFIX}_queue_jobs", "Jobs by state.", labels=["state"])
    queue = report.parts.get("queue")
    for state in _QUEUE_STATES:
        if queue is not None and state in queue.facts:
            jobs.add_metric([state], queue.facts[state])
    yield jobs
    storage = report.parts.get("storage")
    free = Gauge(f"{PREFIX}_storage_free_bytes", "Space where the sealed pictures lie.", labels=[])
    if storage is not None and storage.facts.get("free_bytes") is not None:
        free.add_metric([], storage.facts["free_bytes"])
    yield free


def _processes(worker_pid: int | None) -> Iterator["Metric"]:
    from prometheus_client.core import GaugeMetricFamily as Gauge

    memory = Gauge(f"{PREFIX}_process_resident_bytes", "Memory of a process.", labels=["process"])
    threads = Gauge(f"{PREFIX}_process_threads", "Threads of a process.", labels=["process"])
    descriptors = Gauge(f"{PREFIX}_process_open_descriptors", "Open descriptors.", labels=["process"])
    seconds = Gauge(f"{PREFIX}_process_cpu_seconds", "Processor time that was used.", labels=["process"])
    for name, pid in (("server", None), ("worker", worker_pid)):
        if name == "worker" and pid is None:
            continue
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                memory.add_metric([name], process.memory_info().rss)
                threads.add_metric([name], process.num_threads())
                times = process.cpu_times()
                seconds.add_metric([name], times.user + times.system)
                # Last: what a hardened process has open is its own business.
                if hasattr(process, "num_fds"):
                    descriptors.add_metric([name], process.num_fds())
        except psutil.Error:
            continue  # a worker that ended meanwhile, or that lets nobody look
    yield from (memory, threads, descriptors, seconds)
