"""The meter: what notices captures here, and a test that takes a picture of our own window and shows it."""

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.background import Background, Task
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.client.errors import Failure
from desktop.guard.abilities import Ability
from desktop.guard.events import CaptureEvent, GuardState, Rect, TripwireState
from desktop.guard.policy import DEEDS, UNKNOWN_DEED
from desktop.guard.self_test import Shot
from desktop.look.appearance import Appearance
from desktop.look.dialog import EdgedDialog
from desktop.look.surfaces import button, head, label
from desktop.shell.guarding import Guarding

WIDE, LIST_HEIGHT, WORDS_HEIGHT = 680, 230, 72
CARD = QSize(200, 132)
LEVELS = ("guarded", "sealed")
# Until the card is surely painted, until the sentinel has surely told, and until the screen is quiet again.
PAINTED_MS, TOLD_MS, QUIET_MS = 500, 5000, 1600
HOLDS = {
    "sealed": "This machine holds every level.",
    "guarded": "This machine holds guarded pictures, and opens no sealed ones.",
    "marked": "This machine holds no guarded pictures.",
}


def verdict(level: str, shot: Shot, first: CaptureEvent | None) -> tuple[str, str]:
    """Say what came of a test, and its tone: what the file shows, when it was noticed and by what."""
    if shot.problem:
        return shot.problem, "caution"
    shows = "The file is black." if shot.black else "The file shows the picture, with your mark in it."
    if first is None:
        return f"{shows} Nothing noticed it.", "alarm"
    late = 1000 * (first.monotonic - shot.asked)
    # A sealed picture is answered before the read: the program had only connected.
    when = f"{late:.1f} ms after it began to read" if late >= 0 else f"{-late:.1f} ms before it could read"
    words = f"{shows} Noticed {when}: it {DEEDS.get(first.kind, UNKNOWN_DEED)}."
    return words, "good" if shot.black or level == "guarded" else "alarm"


class TestCard(QWidget):
    """A sample picture under the session's mark, for the test to be taken of."""

    def __init__(self, sample: QPixmap, overlay: MarkOverlay) -> None:
        super().__init__()
        self._sample = sample
        self._overlay = overlay
        self.setFixedSize(CARD)
        self.setAccessibleName("Test picture")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sample, and the mark where there is one."""
        painter = QPainter(self)
        painter.drawPixmap(self.rect(), self._sample)
        if self._overlay.ready:
            self._overlay.paint(painter, QRectF(self.rect()))
        painter.end()


class Meter(EdgedDialog):
    """Lists the tripwires with their states, and tests them at both levels that hide."""

    def __init__(
        self,
        look: Appearance,
        background: Background,
        guarding: Guarding,
        overlay: MarkOverlay,
        sample: str,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._look = look
        self._background = background
        self._guarding = guarding
        self._level = ""
        self._first: CaptureEvent | None = None
        self._shot: Shot | None = None
        self._task: Task | None = None
        self._left: list[str] = []
        self.setWindowTitle("Protection here")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(WIDE)
        self._holds = label("", "normal", wrap=True)
        self._rows = QGridLayout()
        self.card = TestCard(QPixmap(sample), overlay)
        self.pictures = {level: QLabel() for level in LEVELS}
        self.words = {level: label("Not tested yet.", "normal", wrap=True) for level in LEVELS}
        self.test = button("Test protection", "primary")
        self.test.clicked.connect(self.begin)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._lay_out()
        guarding.state_changed.connect(self.show_state)
        guarding.tested.connect(self._noticed)
        self.finished.connect(self._end)
        self.show_state(guarding.state)

    def show_state(self, state: GuardState) -> None:
        """Show what is live, and what can be held with it."""
        held: Ability = self._guarding.ability
        self._holds.setText(" ".join(part for part in (HOLDS[held.level], held.reason) if part))
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        screen = [wire for wire in state.tripwires if not wire.apart]
        self._list("The screen", screen, live=state.live)
        self._list("This program, and beside it", (w for w in state.tripwires if w.apart), live=True)
        self.test.setEnabled(state.live and not self._level)
        self.test.setToolTip("" if state.live else state.reason)

    def begin(self) -> None:
        """Let a program of our own take the card's picture, at one level after the other."""
        self._left = list(LEVELS)
        self._next()

    def _next(self) -> None:
        self._level = self._left.pop(0) if self._left else ""
        self._guarding.regions.put_on_trial(self.card if self._level else None, self._level)
        self.test.setEnabled(not self._level and self._guarding.state.live)
        if self._level:
            self._first = self._shot = None
            self.words[self._level].setText("A program of our own reads the screen…")
            self._after(PAINTED_MS, self._read)

    def _read(self) -> None:
        ratio = self.devicePixelRatioF()
        corner = self.card.mapToGlobal(QPoint(0, 0))
        rect = Rect(
            *(round(number * ratio) for number in (corner.x(), corner.y(), CARD.width(), CARD.height()))
        )
        self._task = self._background.run(self._guarding.test(rect), self._taken, self._failed, self)

    def _taken(self, shot: Shot) -> None:
        self._shot = shot
        noticed = shot.problem or self._first is not None
        self._after(0 if noticed else TOLD_MS, self._judge)

    def _failed(self, failure: Failure) -> None:
        raise failure  # the probe does not speak to the server

    def _noticed(self, event: CaptureEvent) -> None:
        self._first = self._first or event
        if self._shot is not None and self._timer.isActive():
            self._after(0, self._judge)

    def _judge(self) -> None:
        shot, level = self._shot, self._level
        if shot is None:
            return
        self._shot = None  # what is told from now on is told too late
        words, tone = verdict(level, shot, self._first)
        line = self.words[level]
        line.setText(words)
        line.setProperty("tone", tone)
        line.style().unpolish(line)
        line.style().polish(line)
        if shot.pixels:
            image = QImage(shot.pixels, shot.width, shot.height, QImage.Format.Format_RGB32)
            self.pictures[level].setPixmap(QPixmap.fromImage(image.scaled(CARD)))
        self._guarding.end_test()
        self._after(QUIET_MS, self._next)

    def _after(self, milliseconds: int, step: object) -> None:
        self._timer.disconnect(self)
        self._timer.timeout.connect(step)
        self._timer.start(milliseconds)

    def _end(self, _result: int) -> None:
        self._timer.stop()
        if self._level:
            self._level = ""
            self._guarding.regions.put_on_trial(None)
            self._guarding.end_test()

    def _list(self, title: str, wires: Iterable[TripwireState], *, live: bool) -> None:
        row = self._rows.rowCount()
        self._rows.addWidget(head(title, self._look.fonts), row, 0, 1, 3)
        for wire in wires:
            row += 1
            works = wire.live and live
            self._rows.addWidget(label("●", "good" if works else "caution"), row, 0)
            self._rows.addWidget(label(wire.name.capitalize()), row, 1)
            words = label(wire.reason or ("live" if works else "not live"), "normal", wrap=True)
            words.setAccessibleName(f"{wire.name}: {words.text()}")
            self._rows.addWidget(words, row, 2)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 22, 28, 20)
        column.setSpacing(10)
        column.addWidget(label("Protection here", "large"))
        column.addWidget(self._holds)
        inside = QWidget()
        inside.setLayout(self._rows)
        self._rows.setColumnStretch(2, 1)
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(6)
        self._rows.setContentsMargins(0, 0, 8, 0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setFixedHeight(LIST_HEIGHT)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        column.addWidget(scroll)
        tiles = QHBoxLayout()
        tiles.setSpacing(12)
        for title, picture, words in (
            (
                "What is shown",
                self.card,
                label("A sample with the mark of your session.", "normal", wrap=True),
            ),
            *((f"A program gets, {level}", self.pictures[level], self.words[level]) for level in LEVELS),
        ):
            tile = QVBoxLayout()
            tile.setSpacing(6)
            tile.addWidget(head(title, self._look.fonts))
            picture.setFixedSize(CARD)
            tile.addWidget(picture)
            words.setFixedWidth(CARD.width())
            words.setMinimumHeight(WORDS_HEIGHT)
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
            tile.addWidget(words)
            tile.addStretch(1)
            tiles.addLayout(tile)
        for level, picture in self.pictures.items():
            picture.setAccessibleName(f"What a program gets, {level}")
            picture.setStyleSheet(f"background: {self._look.palette.ground};")
        column.addLayout(tiles)
        below = QHBoxLayout()
        close = button("Close")
        close.clicked.connect(self.accept)
        below.addStretch(1)
        below.addWidget(close)
        below.addWidget(self.test)
        column.addLayout(below)
