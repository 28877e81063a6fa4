"""What stands in a picture's place while it is hidden: who read the screen, and when it returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label
from desktop.look.tokens import RADIUS

ICON = 56
WORDS_WIDTH = 680
SHIELDED = "Shielded"
"""All that is said of a hidden picture, to eyes and ears and to other programs."""


@dataclass(frozen=True)
class ShieldReason:
    """Why pictures are hidden; `at` is local time, `seconds` until they return (None: unknown)."""

    program: str
    pid: int | None
    at: datetime
    seconds: int | None
    what: str = "read the screen"
    remedy: str = ""  # what brings the picture back, where waiting does not
    explanation: str = ""  # stands for both sentences where no program is to blame: the guard itself is away
    brief: bool = False  # a precaution: nobody has read anything

    @property
    def accuses(self) -> bool:
        """Say whether a program has done something that is recorded as an attempt."""
        return not (self.explanation or self.brief)


def sentence(reason: ShieldReason, left: int | None) -> tuple[str, str]:
    """Write the two lines under the headline as rich text; names are escaped."""
    if reason.explanation:
        escaped = reason.explanation.replace("&", "&amp;").replace("<", "&lt;")
        return escaped, reason.remedy or "Guarded pictures return when the capture guard watches again."
    program = reason.program.replace("&", "&amp;").replace("<", "&lt;")
    process = f" (process {reason.pid})" if reason.pid is not None else ""
    recorded = "Nothing was taken; this is a precaution." if reason.brief else "The attempt was recorded."
    if reason.remedy:
        second = f"{recorded} {reason.remedy}"
        return f"<b>{program}</b>{process} {reason.what} at {reason.at:%H:%M:%S}.", second
    first = f"<b>{program}</b>{process} {reason.what} at {reason.at:%H:%M:%S}."
    back = "when that has ended" if left is None else f"in <b>{left}&nbsp;s</b>"
    return first, f"{recorded} The picture returns {back}."


class ShieldPage(QWidget):
    """Covers the canvas; asks nothing of the server and shows nothing protected."""

    explain_requested = Signal()

    def __init__(self, look: Appearance, parent: QWidget, title: str = "Picture hidden") -> None:
        super().__init__(parent)
        self._look = look
        self._reason: ShieldReason | None = None
        self._left: int | None = None
        self._icon = QLabel()
        self._title = label(title, "large")
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setProperty("tone", "normal")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        explain = button("What is recorded?")
        explain.clicked.connect(self.explain_requested)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        self._words.setMaximumWidth(WORDS_WIDTH)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._words, 1000)  # all there is up to its maximum; the rest lies beside it
        middle.addStretch(1)
        column.addLayout(middle)
        column.addSpacing(16)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(explain)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)
        look.changed.connect(self._refresh)
        self.hide()

    def show_reason(self, reason: ShieldReason) -> None:
        """Cover the picture."""
        self._reason, self._left = reason, reason.seconds
        self._refresh()
        self.show()
        self.raise_()
        if self._left is not None:
            self._timer.start()

    def clear(self) -> None:
        """Uncover the picture."""
        self._timer.stop()
        self._reason = None
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground that stands for the picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(self.rect(), self._look.colour("stage"))
        painter.setBrush(self._look.colour("hidden"))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.end()

    def _tick(self) -> None:
        if self._left is not None:
            self._left = max(self._left - 1, 0)
        self._refresh()

    def _refresh(self) -> None:
        alarm = self._look.palette.alarm
        self._icon.setPixmap(self._look.icons.pixmap("shield-alert", ICON, alarm, self.devicePixelRatioF()))
        if self._reason is None:
            return
        first, second = sentence(self._reason, self._left)
        strong = self._look.palette.strong
        self._words.setText(
            f"<style>b {{ color: {strong}; font-weight: 600; }}</style>"
            f'<p style="line-height: 133%">{first}<br>{second}</p>'
        )
        self.setAccessibleName(self._title.text())
