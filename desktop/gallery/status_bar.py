"""The line at the bottom: server, pictures, import, whom they are marked for, and the guard's meter."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from desktop.client.models import ImportProgress
from desktop.client.uploads import Sending
from desktop.gallery.sending_line import SendingLine
from desktop.gallery.words import count_words, time_left
from desktop.look.appearance import Appearance
from desktop.look.elided import Elided
from desktop.look.surfaces import button, label
from desktop.look.tokens import STATUS_BAR, TEXT_SMALL

ICON = 14


@dataclass(frozen=True)
class Guard:
    """What the meter says: how many of how many tripwires are live, and why not all."""

    live: int
    total: int
    reason: str = ""


def import_words(progress: ImportProgress) -> str:
    """Write how far an import is, how fast, and how long it will take."""
    words = f"{progress.done:,} of {progress.total:,}"
    if progress.rate:
        words += f" · {progress.rate:.0f}/s" if progress.rate >= 1 else f" · {progress.rate * 60:.0f}/min"
    if progress.seconds_left is not None:
        words += f" · {time_left(progress.seconds_left)}"
    return words


class StatusBar(QWidget):
    """Shows what others tell it."""

    refused_requested = Signal()
    guard_requested = Signal()

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icons: dict[QLabel, tuple[str, str]] = {}
        self.setFixedHeight(STATUS_BAR)
        self._server_icon, self._server = self._pair("server", "normal")
        self._count_icon, self._count = self._pair("hard-drive", "normal")
        self._importing = self._words("strong")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(140)
        self._bar.setAccessibleName("Import")
        self._import_facts = self._words("normal")
        self.sending = SendingLine(look)
        self._progress: ImportProgress | None = None
        self._refused = button("", "text")
        self._refused.setAccessibleName("Refused files")
        self._refused.setStyleSheet(f"QPushButton {{ min-height: 20px; font-size: {TEXT_SMALL}px; }}")
        self._refused.clicked.connect(self.refused_requested)
        self._marked_icon, self._marked = self._pair("eye", "normal")
        self._marked.setTextFormat(Qt.TextFormat.RichText)
        self._notice = Elided("caution")
        self._notice.setFont(self._look.fonts.count(TEXT_SMALL))
        self._guard_icon, _ = self._pair("shield-check", "good")
        self._guard = button("", "text")
        self._guard.setAccessibleName("Capture guard")
        self._guard.clicked.connect(self.guard_requested)
        self._lay_out()
        for widget in (self._importing, self._bar, self._import_facts, self._refused, self._dots[1]):
            widget.hide()
        for widget in (self._marked_icon, self._marked, self._guard_icon, self._guard, self._notice):
            widget.hide()
        look.changed.connect(self._refresh)
        self._refresh()

    def show_server(self, words: str, tone: str = "normal") -> None:
        """Say how the server is; `tone` is normal, caution or alarm."""
        self._server.setText(words)
        self._tint(self._server_icon, self._server, "server", tone)

    def show_count(self, count: int) -> None:
        """Say how many pictures there are."""
        self._count.setText(count_words(count))

    def show_import(self, progress: ImportProgress | None) -> None:
        """Show an import under way; None or an inactive one hides it."""
        self._progress = progress
        # One progress at a time: what is sent is imported as it comes.
        active = progress is not None and progress.active and self.sending.isHidden()
        for widget in (self._dots[1], self._importing, self._bar, self._import_facts):
            widget.setVisible(active)
        if progress is not None and active:
            self._importing.setText(f"Importing “{progress.folder}”" if progress.folder else "Importing")
            self._bar.setRange(0, max(progress.total, 1))
            self._bar.setValue(progress.done)
            self._import_facts.setText(import_words(progress))

    def show_sending(self, sending: Sending | None) -> None:
        """Show pictures being sent, in the place of an import; None shows that again."""
        self.sending.show_sending(sending)
        self.show_import(self._progress)
        self._dots[1].setVisible(self._dots[1].isVisible() or sending is not None)

    def show_refused(self, count: int) -> None:
        """Offer the list of files that did not become pictures."""
        self._refused.setText("1 file refused" if count == 1 else f"{count:,} files refused")
        self._refused.setAccessibleName(f"{self._refused.text()}: show why")
        self._refused.setVisible(count > 0)

    def show_marked_for(self, account: str) -> None:
        """Say whose mark the pictures carry; empty hides it."""
        name = account.replace("&", "&amp;").replace("<", "&lt;")
        strong = self._look.palette.strong
        self._marked.setText(f'Marked for <span style="color: {strong}; font-weight: 600">{name}</span>')
        self._marked.setProperty("account", account)
        self._marked.setVisible(bool(account))
        self._marked_icon.setVisible(bool(account))

    def show_guard(self, guard: Guard | None) -> None:
        """Show the meter; None hides it (nothing is guarded)."""
        for widget in (self._guard_icon, self._guard):
            widget.setVisible(guard is not None)
        if guard is None:
            return
        tone = "good" if guard.live == guard.total and guard.live else "caution" if guard.live else "alarm"
        if guard.total:
            self._guard.setText(f"Capture guard: {guard.live} of {guard.total} tripwires live")
        else:
            self._guard.setText("Capture guard is off")
        self._guard.setToolTip(guard.reason)
        self._guard.setAccessibleName(f"{self._guard.text()}: show what is live, and test it")
        icon = {"good": "shield-check", "caution": "shield-alert", "alarm": "shield-x"}[tone]
        self._icons[self._guard_icon] = (icon, tone)
        self._refresh()

    def show_notice(self, words: str) -> None:
        """Say what makes the guard milder here; empty hides it."""
        self._notice.say(words)
        self._notice.setVisible(bool(words))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panel and its edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("panel"))
        painter.fillRect(0, 0, self.width(), 1, self._look.colour("line"))
        painter.end()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 12, 0)
        row.setSpacing(12)
        self._dots = [self._words("faint"), self._words("faint")]
        for dot in self._dots:
            dot.setText("·")
        left: list[QWidget] = [
            self._server_icon,
            self._server,
            self._dots[0],
            self._count_icon,
            self._count,
            self._dots[1],
            self._importing,
            self._bar,
            self._import_facts,
            self.sending,
            self._refused,
        ]
        for widget in left:
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._notice, 1000)  # all there is; the stretch stands in where nothing is said
        for icon, words in ((self._marked_icon, self._marked), (self._guard_icon, self._guard)):
            pair = QHBoxLayout()
            pair.setSpacing(5)
            pair.addWidget(icon)
            pair.addWidget(words)
            row.addLayout(pair)

    def _words(self, tone: str) -> QLabel:
        made = label("", tone)
        made.setFont(self._look.fonts.count(TEXT_SMALL))
        return made

    def _pair(self, icon: str, tone: str) -> tuple[QLabel, QLabel]:
        picture = QLabel()
        picture.setFixedSize(QSize(ICON, ICON))
        self._icons[picture] = (icon, tone)
        return picture, self._words(tone)

    def _tint(self, picture: QLabel, words: QLabel, icon: str, tone: str) -> None:
        self._icons[picture] = (icon, tone)
        words.setProperty("tone", tone)
        words.style().unpolish(words)
        words.style().polish(words)
        self._refresh()

    def _refresh(self) -> None:
        ratio = self.devicePixelRatioF()
        for picture, (icon, tone) in self._icons.items():
            shown = "faint" if tone == "normal" else tone
            colour = str(getattr(self._look.palette, shown))
            picture.setPixmap(self._look.icons.pixmap(icon, ICON, colour, ratio))
        colour = getattr(self._look.palette, self._icons[self._guard_icon][1])
        self._guard.setStyleSheet(
            f"QPushButton {{ min-height: 20px; font-size: {TEXT_SMALL}px; font-weight: 400; padding: 0; "
            f"color: {colour}; }}"
        )
        account = self._marked.property("account")
        if account:
            self.show_marked_for(str(account))
        self.update()
