"""Capture attempts on their way to the server, kept until it has them; lives on the GUI thread."""

import asyncio
import base64
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure, Outage, SessionEnded
from desktop.guard.events import CaptureEvent
from desktop.guard.policy import Answer, names
from desktop.shell.attempts import Attempts

EVIDENCE = QSize(320, 320)
QUALITY = 70
LARGEST_EVIDENCE = 64 * 1024
KEPT = 500
AGAIN_MS = 2000
SUM_MS = 1000
LAST_WITHIN = 3.0


class ViolationReports(QObject):
    """Sends one report at a time, in order; a report keeps its id, so that sending it twice counts once."""

    def __init__(
        self, gallery: Gallery, background: Background, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._gallery = gallery
        self._background = background
        self._waiting: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._task: Task | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._send)
        self._clock = clock
        self._attempts = Attempts()
        self._sums = QTimer(self)
        self._sums.setSingleShot(True)
        self._sums.setInterval(SUM_MS)
        self._sums.timeout.connect(self._sum_up)

    @property
    def waiting(self) -> int:
        """Count the reports that the server does not have yet."""
        return len(self._waiting)

    def add(
        self,
        event: CaptureEvent,
        response: Answer,
        picture_id: str | None,
        evidence: Callable[[], bytes | None],
    ) -> None:
        """Report a capture attempt: its first reads at once and with evidence, further ones as a sum."""
        if self._attempts.begins(event, response, picture_id, self._clock()):
            self._put(str(uuid.UUID(event.id)), event, response, event.reads, picture_id, evidence())
            self._send()
        self._sums.start()

    def withdraw(self) -> list[dict[str, Any]]:
        """Give up everything that the server does not have: it belongs to the session that ends now."""
        self._gather(last=True)
        self._sums.stop()
        self._again.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        left = list(self._waiting)
        self._waiting.clear()
        return left

    def _sum_up(self) -> None:
        self._gather(last=False)
        self._send()
        if self._attempts:
            self._sums.start()

    def _gather(self, *, last: bool) -> None:
        for one in self._attempts.due(self._clock(), last=last):
            self._put(str(uuid.uuid4()), one.event, one.response, one.reads, one.picture_id, None)

    def _put(
        self,
        report_id: str,
        event: CaptureEvent,
        response: Answer,
        reads: int,
        picture_id: str | None,
        evidence: bytes | None,
    ) -> None:
        self._waiting.append(
            {
                "id": report_id,
                "time": event.time,
                "kind": event.kind,
                "level": event.level,
                "culprit": event.culprit._asdict(),
                "confidence": event.confidence,
                "region": None if event.region is None else list(event.region),
                "picture_id": picture_id,
                "shield_ms": event.shield_ms,
                "hidden": response.shield,
                "answers": names(response.deeds),
                "withheld": names(response.withheld),
                "spared": response.spared,
                "count": reads,
                "evidence": None if evidence is None else base64.b64encode(evidence).decode(),
            }
        )

    def _send(self) -> None:
        if self._task is None and self._waiting:
            report = self._gallery.report_violation(self._waiting[0])
            self._task = self._background.run(report, lambda _: self._sent(), self._failed, self)

    def _sent(self) -> None:
        self._task = None
        self._waiting.popleft()
        self._send()

    def _failed(self, failure: Failure) -> None:
        self._task = None
        if isinstance(failure, Outage | SessionEnded) or failure.status == 429:
            self._again.start()
        else:
            # A report that the server will never take must not hold up the others; the refusal is in its log.
            self._waiting.popleft()
            self._send()


async def deliver_last(gallery: Gallery, reports: Sequence[dict[str, Any]]) -> int:
    """Report what is left before a session ends; return how many reports the server did not take in time."""
    left = len(reports)
    with suppress(TimeoutError, Failure):
        async with asyncio.timeout(LAST_WITHIN):
            for report in reports:
                await gallery.report_violation(report)
                left -= 1
    return left


def evidence_of(widget: QWidget) -> bytes | None:
    """Draw what a widget shows, marks included, into a JPEG of at most 320 px; None if it shows nothing."""
    if not widget.isVisible() or widget.size().isEmpty():
        return None
    small = (
        widget.grab()
        .toImage()
        .scaled(EVIDENCE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    )
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # PySide6 takes the format as text; its stubs say bytes, which it refuses when it runs.
    saved = small.save(buffer, "JPEG", QUALITY)  # type: ignore[call-overload]  # see the line above
    if not saved or data.size() > LARGEST_EVIDENCE:
        return None
    return bytes(data.data())
