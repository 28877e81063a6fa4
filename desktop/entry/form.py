"""What the entry pages are made of: a card, fields, a notice that names a failure, the server's state."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.client.errors import Failure
from desktop.look.appearance import Appearance
from desktop.look.surfaces import label

CARD_WIDTH = 400
FIELD_HEIGHT = 40
ICON = 16


class EntryCard(QFrame):
    """The card in the middle of an entry page: sign, title, one line under it, and a column for the rest."""

    def __init__(self, look: Appearance, title: str, under: str, width: int = CARD_WIDTH) -> None:
        super().__init__()
        self.setObjectName("entry")
        self.setFixedWidth(width)
        self._look = look
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(32, 36, 32, 28)
        self.column.setSpacing(8)
        self._sign = QLabel()
        self.title = label(title, "large")
        self.under = label(under, "normal", wrap=True)
        for part in (self._sign, self.title, self.under):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.column.addWidget(part)
        self.column.insertSpacing(1, 8)
        self.column.addSpacing(14)
        look.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        palette = self._look.palette
        self.setStyleSheet(
            f"#entry {{ background: {palette.panel}; border: 1px solid {palette.line};"
            " border-radius: 16px; }"
            f"#entry QLineEdit {{ min-height: {FIELD_HEIGHT - 2}px; }}"
            # U+2022: the style's own disc is twice as large as the letters beside it.
            '#entry QLineEdit[echoMode="2"] { lineedit-password-character: 8226; }'
            f"#entry QPushButton {{ min-height: {FIELD_HEIGHT - 4}px; }}"
            '#entry QPushButton[kind="text"] { min-height: 20px; }'
        )
        ratio = self.devicePixelRatioF()
        self._sign.setPixmap(self._look.icons.pixmap("vaultsecure", 36, palette.accent, ratio))


class Field(QWidget):
    """A labelled line to type into, with an icon in front; `secret` hides what is typed behind an eye."""

    def __init__(self, look: Appearance, name: str, icon: str, *, secret: bool = False) -> None:
        super().__init__()
        self._look = look
        self._icon = icon
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self._front = QAction(self)
        self.line.addAction(self._front, QLineEdit.ActionPosition.LeadingPosition)
        self._eye: QAction | None = None
        if secret:
            self.line.setEchoMode(QLineEdit.EchoMode.Password)
            self._eye = QAction(self)
            self._eye.setCheckable(True)
            self._eye.toggled.connect(self._reveal)
            self.line.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        caption = label(name, "normal")
        caption.setBuddy(self.line)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(6)
        column.addWidget(caption)
        column.addWidget(self.line)
        look.changed.connect(self._dress)
        self._dress()

    def text(self) -> str:
        """Return what was typed."""
        return self.line.text()

    def clear(self) -> None:
        """Forget what was typed, and hide the next."""
        self.line.clear()
        if self._eye is not None:
            self._eye.setChecked(False)

    def _reveal(self, shown: bool) -> None:
        self.line.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self._dress()

    def _dress(self) -> None:
        colours, icons = self._look.palette, self._look.icons
        self._front.setIcon(icons.icon(self._icon, ICON, colours.faint))
        if self._eye is not None:
            shown = self._eye.isChecked()
            self._eye.setIcon(icons.icon("eye-off" if shown else "eye", ICON, colours.normal, colours.strong))
            self._eye.setText("Hide the password" if shown else "Show the password")


class Notice(QFrame):
    """Says what went wrong and what to do next; counts down where waiting is what to do."""

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look
        self._tone = "alarm"
        self._message = ""
        self._advice = ""
        self._left = 0
        self.setObjectName("notice")
        self._icon = QLabel()
        self.words = label("", "strong", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)
        look.changed.connect(self._dress)
        self._dress()
        self.hide()

    @property
    def counting(self) -> bool:
        """Say whether the next try must wait."""
        return self._left > 0

    def tell(self, message: str, advice: str = "", tone: str = "alarm", seconds: float | None = None) -> None:
        """Show a message; with `seconds` it counts them down and goes by itself."""
        self._message, self._advice, self._tone = message, advice, tone
        self._left = int(seconds + 0.999) if seconds else 0
        if self._left:
            self._timer.start()
        else:
            self._timer.stop()
        self._dress()
        self._write()
        self.show()

    def tell_failure(self, failure: Failure) -> None:
        """Show a failure in its own words."""
        self.tell(failure.message, failure.advice, seconds=failure.retry_after)

    def clear(self) -> None:
        """Say nothing."""
        self._timer.stop()
        self._left = 0
        self.hide()

    def _tick(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.clear()
        else:
            self._write()

    def _write(self) -> None:
        minutes, seconds = divmod(self._left, 60)
        wait = f" Try again in {minutes}:{seconds:02d}." if self._left else ""
        text = " ".join(_sentence(part) for part in (self._message, self._advice) if part) + wait
        self.words.setText(text)
        self.setAccessibleName(text)

    def _dress(self) -> None:
        palette = self._look.palette
        colour = self._look.colour(self._tone)
        self.setStyleSheet(
            f"#notice {{ background: rgba({colour.red()}, {colour.green()}, {colour.blue()}, 32);"
            f" border: none; border-radius: 8px; }} #notice QLabel {{ color: {palette.strong}; }}"
        )
        name = "info" if self._tone in ("normal", "good") else "triangle-alert"
        self._icon.setPixmap(self._look.icons.pixmap(name, 18, colour.name(), self.devicePixelRatioF()))


class ServerLine(QWidget):
    """One line with a dot that says how the server is."""

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look
        self._tone = "caution"
        self._dot = QLabel()
        self._dot.setFixedSize(7, 7)
        self._words = label("Local server starting", "faint")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(6)
        row.addStretch(1)
        row.addWidget(self._dot, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._words)
        row.addStretch(1)
        look.changed.connect(self._dress)
        self._dress()

    def say(self, text: str, tone: str) -> None:
        """Show the state; `tone` colours the dot."""
        self._tone = tone
        self._words.setText(text)
        self.setAccessibleName(text)
        self._dress()

    def text(self) -> str:
        """Return what the line says."""
        return self._words.text()

    def _dress(self) -> None:
        colour = self._look.colour(self._tone).name()
        self._dot.setStyleSheet(f"background: {colour}; border-radius: 3px;")
        self._words.setStyleSheet("font-size: 12px;")


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?", ":", "…")) else f"{words}."
