"""The activity page: numbers, the list of what happened, the evidence of one entry, the services."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from desktop.admin.activity_table import ActivityTable
from desktop.admin.cards import FactsCard, NumberCard, Panel, ServicesCard, scrolling
from desktop.admin.evidence_card import EvidenceCard
from desktop.admin.judgement import JudgementDesk, LedgerCard
from desktop.admin.server_facts import SERVER_FACTS, server_facts
from desktop.admin.trace_drop import DropZone
from desktop.admin.wording import count, duration, plural
from desktop.background import Background, LiveEvents, Task
from desktop.canvas.deliveries import Deliveries
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.models import Account
from desktop.client.protection import Ledger
from desktop.client.records import ActivityPage as Page
from desktop.client.records import ActivitySummary, Health
from desktop.look.appearance import Appearance
from desktop.look.buttons import Pill
from desktop.look.surfaces import button, label
from desktop.look.toast import Toast

REFRESH_MS = 5000
SIDE_WIDTH = 390
SOON_MS = 300


class ActivityPage(QWidget):
    """Shows the keeper and the auditor what happened; refreshed by live events and now and then."""

    failed = Signal(object)
    leak_chosen = Signal(object)

    def __init__(
        self,
        look: Appearance,
        gallery: Gallery,
        background: Background,
        live: LiveEvents,
        deliveries: Deliveries,
        overlay: MarkOverlay,
    ) -> None:
        super().__init__()
        self._look = look
        self._gallery = gallery
        self._background = background
        self._tasks: dict[str, Task] = {}
        self._cursor: str | None = None
        self.table = ActivityTable(look, deliveries, overlay)
        self.drop = DropZone(look)
        self.services = ServicesCard(look)
        self.server = FactsCard(look, "Server", SERVER_FACTS)
        self.cards = [
            NumberCard(look, caption)
            for caption in (
                "Viewing now",
                "Capture attempts, 7 days",
                "Pictures shown today",
                "p95 picture response",
            )
        ]
        self.log = Pill(look)
        self.export_button = button(" Export")
        self.export_button.setAccessibleName("Export")
        self.evidence = EvidenceCard(look, self._fetch_evidence)
        self.ledger = LedgerCard(look)
        self._desk = JudgementDesk(look, gallery.protection, background, self)
        self._administers = False
        self.toast = Toast(look, self)
        self._lay_out()
        self.setProperty("surface", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        live.happened.connect(self._happened)
        live.connected.connect(self._soon)
        self.export_button.clicked.connect(self.export)
        self.evidence.judge_wanted.connect(self._desk.judge)
        self.ledger.end_wanted.connect(self._desk.end)
        self._desk.judged.connect(self.refresh)
        self.drop.chosen.connect(self.leak_chosen)
        self.table.entries.more_wanted.connect(self._fetch_more)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_evidence())
        look.changed.connect(self._dress)
        self._dress()

    def begin(self, account: Account) -> None:
        """Take the person who signed in: only admins judge."""
        self._administers = account.administers

    def refresh(self) -> None:
        """Fetch numbers, the newest page and the services again, while the page is in view."""
        if not self.isVisible():
            return
        self._run("summary", self._gallery.activity_summary(), self._show_summary)
        self._run("page", self._gallery.activity(), self._show_page)
        self._run("health", self._gallery.health(), self._show_health)
        self._run("ledger", self._gallery.protection.ledger(), self._show_ledger)
        self._timer.start(REFRESH_MS)

    def forget(self) -> None:
        """Drop everything that was fetched (lock, sign-out)."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.table.entries.clear()
        self._cursor = None
        self.evidence.forget()

    def set_shielded(self, shielded: bool) -> None:
        """Hide everything that shows a picture, or show it again."""
        self.table.set_shielded(shielded)
        self.evidence.set_shielded(shielded)
        self._show_evidence()

    def export(self) -> None:
        """Save the audit log as JSON lines where the person wants it."""
        name, _ = QFileDialog.getSaveFileName(
            self, "Export the audit log", str(Path.home() / "vaultsecure-audit.jsonl"), "JSON lines (*.jsonl)"
        )
        if name:
            self.export_to(Path(name))

    def export_to(self, path: Path) -> None:
        """Save the audit log to this file."""
        self.export_button.setEnabled(False)

        def done(data: bytes) -> None:
            self.export_button.setEnabled(True)
            try:
                path.write_bytes(data)
            except OSError as problem:
                self.toast.say(
                    f"{path} cannot be written: {problem.strerror}.", "alarm", "Choose another place."
                )
            else:
                entries = plural(data.count(b"\n"), "entry", "entries")
                self.toast.say(f"Exported {entries} to {path}.", "good")

        self._run("export", self._gallery.export_audit(), done)

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch what is new."""
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Fetch no more."""
        self._timer.stop()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(label("Activity", "large"))
        top.addStretch(1)
        top.addWidget(self.log)
        top.addWidget(self.export_button)
        numbers = QHBoxLayout()
        numbers.setSpacing(12)
        for card in self.cards:
            numbers.addWidget(card, 1)
        box = Panel(self._look)
        box.column.setContentsMargins(8, 0, 8, 6)
        box.column.addWidget(self.table)
        below = QGridLayout()
        below.setHorizontalSpacing(12)
        below.addWidget(box, 0, 0)
        leak = Panel(self._look)
        leak.column.setSpacing(10)
        leak.column.addWidget(label("Trace a leak", "bold"))
        leak.column.addWidget(self.drop)
        cards = (self.evidence, leak, self.services, self.ledger, self.server)
        below.addWidget(scrolling(cards, SIDE_WIDTH), 0, 1)
        below.setColumnStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 14, 20)
        top.setContentsMargins(0, 0, 10, 0)
        numbers.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(16)
        column.addLayout(top)
        column.addLayout(numbers)
        column.addLayout(below, 1)

    def _run(self, name: str, coroutine: object, on_done: object) -> None:
        if name in self._tasks and not self._tasks[name].finished:
            self._tasks[name].cancel()
        self._tasks[name] = self._background.run(coroutine, on_done, self._report, self)  # type: ignore[arg-type]  # each pair fits; the dictionary of them cannot say so

    def _soon(self) -> None:
        if self.isVisible():
            self._timer.start(SOON_MS)

    def _happened(self, kind: str, data: dict[str, object]) -> None:
        if kind in ("violation", "service_state", "session_ended"):
            self._soon()

    def _show_summary(self, summary: ActivitySummary) -> None:
        viewing, captures, shown = summary.viewing_now, summary.captures_7d, summary.shown_today
        clients = " · ".join(f"{number} {client}" for client, number in sorted(viewing.by_client.items()))
        self.cards[0].show_number(
            count(viewing.total), clients or "nobody", "good" if viewing.total else "strong"
        )
        late = captures.total - captures.hidden
        self.cards[1].show_number(
            count(captures.total),
            f"{captures.hidden} hidden · {late} marked" if captures.total else "none was noticed",
            "alarm" if captures.total else "strong",
        )
        self.cards[2].show_number(count(shown.pictures), f"by {plural(shown.people, 'person', 'people')}")
        p95 = summary.response_p95_ms
        self.cards[3].show_number(
            "–" if p95 is None else f"{p95:.0f} ms",
            f"server up {duration(summary.uptime_s)}, {plural(summary.restarts, 'restart')}",
        )
        if summary.server is not None:
            for name, words in server_facts(summary.server, summary.violations_by_kind_7d or {}).items():
                self.server.say(name, words)
        if summary.audit.intact:
            self.log.say(
                "link", f"Log verified · {plural(summary.audit.entries, 'entry', 'entries')}", "good"
            )
        else:
            self.log.say("triangle-alert", "Log broken: run `vaultsecure-server audit verify`", "alarm")

    def _show_page(self, page: Page) -> None:
        if not self.table.entries.entries:
            self._cursor = page.next
        self.table.entries.replace(page.items, page.next is not None)

    def _show_ledger(self, ledger: Ledger) -> None:
        self.ledger.show_ledger(ledger, administers=self._administers)

    def _show_health(self, health: Health) -> None:
        self.services.show_services(health.services)

    def _fetch_more(self) -> None:
        if self._cursor is None:
            return

        def arrived(page: Page) -> None:
            self._cursor = page.next
            self.table.entries.append(page.items, page.next is not None)

        self._run("more", self._gallery.activity(self._cursor), arrived)

    def _show_evidence(self) -> None:
        self.evidence.show_entry(self.table.selected(), judges=self._administers)

    def _fetch_evidence(self, sequence: int, arrived: Callable[[bytes], None]) -> None:
        self._run("evidence", self._gallery.evidence(sequence), arrived)

    def _report(self, failure: Failure) -> None:
        self.export_button.setEnabled(True)
        self.toast.say(failure.message, "alarm", failure.advice)
        self.failed.emit(failure)

    def _dress(self) -> None:
        colour = self._look.palette.strong
        self.export_button.setIcon(self._look.icons.icon("download", 16, colour))
