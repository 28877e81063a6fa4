"""The boxes of the activity page: a number with its words, and the state of the services."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from desktop.admin.wording import OUTSIDE, SERVICES, service_tone, service_words
from desktop.look.appearance import Appearance
from desktop.look.elided import Elided
from desktop.look.surfaces import label

NUMBER_SIZE = 26


class Panel(QFrame):
    """A box with a hairline around it, on the panel's ground."""

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self.setObjectName("box")
        self._look = look
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 14, 16, 14)


class NumberCard(Panel):
    """One number with a caption above and a sentence below."""

    def __init__(self, look: Appearance, caption: str) -> None:
        super().__init__(look)
        self._tone = "strong"
        self._caption = caption
        self._number = QLabel("–")
        self._number.setFont(look.fonts.count(NUMBER_SIZE))
        self._under = label("", "small")
        self.column.setSpacing(4)
        self.column.addWidget(label(caption, "small"))
        self.column.addWidget(self._number)
        self.column.addWidget(self._under)
        self._colour()
        look.changed.connect(self._colour)

    def show_number(self, number: str, under: str, tone: str = "strong") -> None:
        """Show a number in a tone."""
        self._tone = tone
        self._number.setText(number)
        self._under.setText(under)
        self.setAccessibleName(f"{self._caption}: {number}, {under}")
        self._colour()

    def _colour(self) -> None:
        colour = self._look.colour(self._tone).name()
        self._number.setStyleSheet(f"font-size: {NUMBER_SIZE}px; font-weight: 600; color: {colour};")


class FactsCard(Panel):
    """Names and what is true of them."""

    def __init__(self, look: Appearance, title: str, names: Sequence[str]) -> None:
        super().__init__(look)
        self._values: dict[str, QLabel] = {}
        rows = QGridLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(8)
        rows.setColumnStretch(1, 1)
        for number, name in enumerate(names):
            value = label("…", wrap=True)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._values[name] = value
            rows.addWidget(label(name, "faint"), number, 0, Qt.AlignmentFlag.AlignTop)
            rows.addWidget(value, number, 1)
        self._title = label(title, "bold")
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.column.addWidget(self._title)
        self.column.addLayout(rows)

    def entitle(self, title: str) -> None:
        """Change the title."""
        self._title.setText(title)

    def say(self, name: str, value: str) -> None:
        """Show a fact."""
        self._values[name].setText(value)
        self._values[name].setAccessibleName(f"{name}: {value}")


class ServicesCard(Panel):
    """Each service with a dot and a few words."""

    def __init__(self, look: Appearance) -> None:
        super().__init__(look)
        self.column.setSpacing(11)
        self.column.addWidget(label("Services", "bold"))
        self._rows: dict[str, tuple[QLabel, Elided]] = {}
        self._tones: dict[str, str] = {}
        self._outside: dict[str, QWidget] = {}
        for key, title in (*SERVICES, *OUTSIDE):
            row, dot, words = self._row(title)
            self._rows[key] = (dot, words)
            self.column.addWidget(row)
            if (key, title) in OUTSIDE:
                self._outside[key] = row
                row.hide()
        look.changed.connect(self._colour)

    def show_services(self, services: Mapping[str, Any]) -> None:
        """Show what the health report says."""
        for key, (_, words) in self._rows.items():
            service = services.get(key) or {"status": "not configured"}
            self._tones[key] = service_tone(service)
            words.say(service_words(key, service))
            if key in self._outside:
                self._outside[key].setVisible(service.get("status") != "not configured")
        self._colour()

    def _row(self, title: str) -> tuple[QWidget, QLabel, Elided]:
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(8)
        dot = QLabel()
        dot.setFixedSize(7, 7)
        words = Elided("normal")
        across.addWidget(dot)
        across.addWidget(label(title))
        across.addWidget(words, 1)
        return row, dot, words

    def _colour(self) -> None:
        for key, (dot, _) in self._rows.items():
            colour = self._look.colour(self._tones.get(key, "faint")).name()
            dot.setStyleSheet(f"background: {colour}; border-radius: 3px;")


def scrolling(cards: Sequence[QWidget], width: int) -> QScrollArea:
    """Make a column of cards, which scrolls in a low window."""
    inside = QWidget()
    inside.setFixedWidth(width)
    side = QVBoxLayout(inside)
    side.setContentsMargins(0, 0, 0, 0)
    side.setSpacing(12)
    for card in cards:
        side.addWidget(card)
    side.addStretch(1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setWidget(inside)
    scroll.setFixedWidth(width + 10)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)  # QScrollArea.setWidget has switched it on
    return scroll
