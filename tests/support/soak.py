"""A soak: people look at pictures while memory, descriptors and threads of the server are measured."""

import asyncio
import csv
import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import median

import psutil

from local_server.accounts.models import Role
from tests.support.gallery import choose_gallery, small_pictures, vivid_pictures
from tests.support.people import add_people
from tests.support.server import Server, running
from tests.support.viewers import Figures, look
from tests.support.waiting import until

EVERY_SECONDS = 5.0
SMALL, LARGE = 40, 4
# What may come on top after the warm-up: caches fill, allocators round up, threads come and go with the load.
MEMORY_BYTES, MEMORY_SHARE, DESCRIPTORS, THREADS = 32 << 20, 0.10, 16, 10


@dataclass(frozen=True, slots=True)
class Sample:
    """Server and worker at one moment; memory is the proportional set size, in bytes."""

    seconds: float
    server_memory: int
    server_descriptors: int
    server_threads: int
    worker_memory: int
    worker_descriptors: int
    worker_threads: int
    restarts: int


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was measured."""

    samples: Sequence[Sample]
    figures: Figures

    @property
    def restarts(self) -> int:
        """How often server or worker were started again."""
        return max(sample.restarts for sample in self.samples)

    def growth(self) -> list[str]:
        """Say what grew beyond its bound between the second third of the time and the last."""
        third = max(1, len(self.samples) // 3)
        parts = self.samples[third : 2 * third], self.samples[-third:]
        grown = []
        for name in ("server", "worker"):
            for what, allowed in (
                ("memory", MEMORY_BYTES),
                ("descriptors", DESCRIPTORS),
                ("threads", THREADS),
            ):
                # The floor of memory: pictures that are being marked come and go, what leaks stays.
                middle = min if what == "memory" else median
                before, after = (middle(getattr(one, f"{name}_{what}") for one in part) for part in parts)
                more = before * MEMORY_SHARE if what == "memory" else 0.0
                if after > before + max(allowed, more):
                    grown.append(f"{name}: {what} grew from {before:,.0f} to {after:,.0f}")
        return grown

    def table(self) -> str:
        """Return the curves as people read them, thirty lines at most."""
        counts = f"{'fds':>5} {'thr':>4}"
        lines = [f"{'s':>6} | {'server MiB':>10} {counts} | {'worker MiB':>10} {counts} |"]
        most = max(sample.server_memory for sample in self.samples) or 1
        for sample in self.samples[:: max(1, len(self.samples) // 30)]:
            bar = "#" * round(40 * sample.server_memory / most)
            lines.append(
                f"{sample.seconds:>6.0f} | {sample.server_memory / 2**20:>10.1f} "
                f"{sample.server_descriptors:>5} {sample.server_threads:>4} | "
                f"{sample.worker_memory / 2**20:>10.1f} {sample.worker_descriptors:>5} "
                f"{sample.worker_threads:>4} | {bar}"
            )
        return "\n".join(lines)

    def csv(self) -> str:
        """Return every sample as a line of commas."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(field.name for field in fields(Sample))
        writer.writerows(astuple(sample) for sample in self.samples)
        return text.getvalue()


@contextmanager
def filled_server(folder: Path, viewers: Sequence[str] = (), **more: str) -> Iterator[Server]:
    """Run a server whose pictures are all ready, small and large ones; it may know more viewers."""
    data, pictures = folder / "data", folder / "pictures"
    add_people(data)
    if viewers:
        add_people(data, *((name, Role.VIEWER) for name in viewers))
    small_pictures(pictures / "small", range(SMALL))
    vivid_pictures(pictures / "large", range(LARGE))
    choose_gallery(data, pictures)
    with running(data, **more) as server:
        client = server.signed_in("viewer")
        until(
            lambda: client.get("/queue/status").json()["completed"] == SMALL + LARGE,
            "every picture to be ready",
            300,
        )
        yield server


def soak(
    server: Server, *, viewers: int, seconds: float, pause: float, every: float = EVERY_SECONDS
) -> Soaked:
    """Let people look, and measure meanwhile on a thread of its own.

    Once everybody has seen everything: their copies are kept, up to a bound, so that would count as growth.
    """
    samples: list[Sample] = []
    stop = threading.Event()
    measuring = threading.Thread(target=_measure, args=(server, samples, stop, every), name="measuring")
    try:
        figures = asyncio.run(
            look(server, viewers=viewers, seconds=seconds, pause=pause, looked_through=measuring.start)
        )
    finally:
        stop.set()
        if measuring.ident is not None:
            measuring.join()
    return Soaked(samples, figures)


def _measure(server: Server, samples: list[Sample], stop: threading.Event, every: float) -> None:
    admin = server.signed_in("admin")
    began = time.monotonic()
    worker: psutil.Process | None = None
    started: dict[str, object] = {}
    restarts = 0
    while True:
        pid = (admin.get("/health").json().get("services") or {}).get("worker", {}).get("pid")
        if pid != started.get("pid") and pid is not None:
            restarts += "pid" in started
            started["pid"] = pid
            worker = psutil.Process(pid)
        samples.append(
            Sample(
                time.monotonic() - began,
                *_of(psutil.Process(server.process.pid)),
                *_of(worker),
                restarts + int(server.process.poll() is not None),
            )
        )
        if stop.wait(every):
            admin.close()
            return
        if admin.get("/session").status_code == 401:
            admin = server.signed_in("admin")


def _of(process: psutil.Process | None) -> tuple[int, int, int]:
    if process is None:
        return 0, 0, 0
    return (
        _or_none(lambda: _memory(process)),
        _or_none(process.num_fds),
        _or_none(process.num_threads),
    )


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:  # its memory is closed, also to its own user; root alone may add it up
        return int(process.memory_info().rss)


def _or_none(ask: Callable[[], int]) -> int:
    try:
        return ask()
    except psutil.Error:
        return 0
