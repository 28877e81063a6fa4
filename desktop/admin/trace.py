"""The page "Trace a leak": a file is dropped, traced, and what it says is shown with the evidence over it."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from desktop.admin.cards import Panel
from desktop.admin.trace_cards import FindingCard
from desktop.admin.trace_drop import DropZone
from desktop.admin.trace_history import TraceHistory
from desktop.admin.trace_panel import EvidencePanel, Finding
from desktop.admin.trace_words import CardWords, mark_card, picture_card, verdict
from desktop.background import Background, Task
from desktop.canvas.deliveries import Deliveries
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.traces import Trace
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label
from desktop.look.toast import Toast
from desktop.look.tokens import CONTROL

SIDE_WIDTH = 390
HISTORY_HEIGHT = 170
NO_LIMIT = (1 << 24) - 1


class TracePage(QWidget):
    """One trace at a time; earlier ones can be looked at again."""

    def __init__(
        self,
        look: Appearance,
        gallery: Gallery,
        background: Background,
        deliveries: Deliveries,
        overlay: MarkOverlay,
    ) -> None:
        super().__init__()
        self._look = look
        self._gallery = gallery
        self._background = background
        self._deliveries = deliveries
        self._overlay = overlay
        self._tasks: dict[str, Task] = {}
        self._shielded = False
        self.drop = DropZone(look)
        self.bar = QProgressBar()
        self.step = label("", "normal", wrap=True)
        self.cancel_button = button("Cancel")
        self.verdict = label("", "bold", wrap=True)
        self.advice = label("", "normal", wrap=True)
        self.cards: list[FindingCard] = []
        self._group = QButtonGroup(self)
        self._card_column = QVBoxLayout()
        self.panel = EvidencePanel(look, gallery, background, overlay)
        self.history = TraceHistory(look)
        self.toast = Toast(look, self)
        self._lay_out()
        self.setProperty("surface", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.drop.chosen.connect(self.begin)
        self.cancel_button.clicked.connect(self.cancel)
        self.history.chosen.connect(self._open)
        self.history.lines.more_wanted.connect(self._fetch_more)
        self._clear()
        self._idle()

    def begin(self, leak: Path | bytes) -> None:
        """Trace a file, or the PNG of a picture."""
        self._clear()
        self.bar.show()
        self.cancel_button.show()
        self.drop.setEnabled(False)
        self._say_step("Sending " + (leak.name if isinstance(leak, Path) else "the picture"))
        traced = self._gallery.traces.trace(leak, self._heard)
        self._tasks["trace"] = self._background.run(traced, self._ended, self._failed, self)

    def cancel(self) -> None:
        """Wait no longer, and have the server end it."""
        task = self._tasks.pop("trace", None)
        if task is not None:
            task.cancel()
        self._idle()
        self._tell("The trace was cancelled.", "", "normal")

    def forget(self) -> None:
        """Drop everything that was fetched (lock, sign-out)."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._clear()
        self.history.lines.clear()
        self._idle()

    def set_shielded(self, shielded: bool) -> None:
        """Hide everything that shows a picture, or show it again."""
        self._shielded = shielded
        self.panel.view.set_shielded(shielded)
        for card in self.cards:
            card.set_shielded(shielded)

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch the earlier traces."""
        self._fetch_history()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(16)
        title = label("Trace a leak", "large")
        title.setMinimumHeight(CONTROL)  # as high as on the pages with buttons beside it
        column.addWidget(title)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addLayout(self._side())
        columns.addLayout(self._right(), 1)
        column.addLayout(columns, 1)

    def _side(self) -> QVBoxLayout:
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.setAccessibleName("The trace is at work")
        progress = QHBoxLayout()
        progress.addWidget(self.step, 1)
        progress.addWidget(self.cancel_button)
        asked = Panel(self._look)
        asked.setFixedWidth(SIDE_WIDTH)
        asked.column.setSpacing(10)
        asked.column.addWidget(self.drop)
        asked.column.addWidget(self.bar)
        asked.column.addLayout(progress)
        asked.column.addWidget(self.verdict)
        asked.column.addWidget(self.advice)
        inside = QWidget()
        inside.setLayout(self._card_column)
        self._card_column.setContentsMargins(0, 0, 0, 0)
        self._card_column.setSpacing(8)
        self._card_column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFixedWidth(SIDE_WIDTH)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setStyleSheet("QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }")
        side = QVBoxLayout()
        side.setSpacing(12)
        side.addWidget(asked)
        side.addWidget(scroll, 1)
        return side

    def _right(self) -> QVBoxLayout:
        earlier = Panel(self._look)
        earlier.column.addWidget(label("Earlier traces", "bold"))
        earlier.column.addWidget(self.history)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self.panel, 1)
        right.addWidget(earlier)
        return right

    def _idle(self) -> None:
        for widget in (self.bar, self.step, self.cancel_button):
            widget.hide()
        self.drop.setEnabled(True)

    def _say_step(self, words: str) -> None:
        self.step.setText(words + "…")
        self.step.show()

    def _heard(self, trace: Trace) -> None:
        """Pass on what is told on the io thread."""
        waiting = "Waiting for other traces" if trace.state == "waiting" else trace.step
        self._background.post(partial(self._told, waiting or "At work"))

    def _told(self, words: str) -> None:
        if "trace" in self._tasks:
            self._say_step(words)

    def _ended(self, trace: Trace) -> None:
        self._tasks.pop("trace", None)
        self._idle()
        self._show(trace)
        self._fetch_history()

    def _failed(self, failure: Failure) -> None:
        self._tasks.pop("trace", None)
        self._idle()
        self._tell(failure.message, failure.advice, "alarm")

    def _tell(self, words: str, advice: str, tone: str) -> None:
        self.verdict.setText(words)
        self.verdict.setStyleSheet(f"color: {self._look.colour(tone).name()};")
        self.verdict.setVisible(bool(words))
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))

    def _open(self, trace: Trace) -> None:
        """Show an earlier trace again, unless one is at work."""
        if "trace" not in self._tasks:
            self._clear()
            self._show(trace)

    def _clear(self) -> None:
        for card in self.cards:
            card.forget()
            self._group.removeButton(card)
            card.deleteLater()
        self.cards.clear()
        self.panel.forget()
        self._tell("", "", "normal")
        self._show_panel(False)

    def _show_panel(self, there: bool) -> None:
        """Show evidence; without any the earlier traces have all the room."""
        self.panel.setVisible(there)
        self.history.setMaximumHeight(HISTORY_HEIGHT if there else NO_LIMIT)

    def _show(self, trace: Trace) -> None:
        self._tell(*verdict(trace))
        result = trace.result
        if result is None:
            return
        self._show_panel(bool(result.parts))
        self.panel.show_trace(trace, result)
        for mark in result.marks:
            self._add_card(mark, mark_card(mark, result), mark.picture if trace.pictures_kept else None)
        # What a mark has told is not told twice.
        told = {mark.picture for mark in result.marks}
        for picture in result.pictures:
            if picture.picture not in told:
                self._add_card(picture, picture_card(picture), picture.view_token and picture.picture)
        if self.cards:
            self.cards[0].click()

    def _add_card(self, finding: Finding, words: CardWords, picture_id: str | None) -> None:
        card = FindingCard(self._look, self._deliveries, self._overlay, words, picture_id)
        card.set_shielded(self._shielded)
        card.clicked.connect(lambda _checked: self.panel.show_finding(finding))
        self._group.addButton(card)
        self._card_column.insertWidget(len(self.cards), card)
        self.cards.append(card)

    def _fetch_history(self) -> None:
        self._run("history", self._gallery.traces.page(), self.history.lines.replace)

    def _fetch_more(self) -> None:
        cursor = self.history.lines.cursor
        if cursor is not None:
            self._run("more", self._gallery.traces.page(cursor), self.history.lines.append)

    def _run(self, name: str, coroutine: object, on_done: object) -> None:
        if name in self._tasks and not self._tasks[name].finished:
            self._tasks[name].cancel()
        self._tasks[name] = self._background.run(coroutine, on_done, self._report, self)  # type: ignore[arg-type]  # each pair fits; the dictionary of them cannot say so

    def _report(self, failure: Failure) -> None:
        self.toast.say(failure.message, "alarm", failure.advice)
