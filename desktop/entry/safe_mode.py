"""The page of safe mode: the server cannot be kept alive, and this is what the doctor says."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.doctor import Finding
from desktop.entry.form import EntryCard, Notice
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

CARD_WIDTH = 620
LIST_HEIGHT = 280


class SafeModePage(QWidget):
    """Lists what the doctor found, the worst first, with ways on."""

    try_again_requested = Signal()
    quit_requested = Signal()

    def __init__(self, look: Appearance, logs: Path) -> None:
        super().__init__()
        self._look = look
        self._logs = logs
        self.card = EntryCard(
            look,
            "Safe mode",
            "The server stopped five times in a minute, so it was not started again.",
            CARD_WIDTH,
        )
        self.reason = label("", "normal", wrap=True)
        self.reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, 8, 0)
        self._rows.setSpacing(12)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._list)
        scroll.setMaximumHeight(LIST_HEIGHT)
        scroll.setMinimumHeight(160)
        scroll.viewport().setAutoFillBackground(False)
        self._list.setAutoFillBackground(False)
        self.notice = Notice(look)
        self.again_button = button("Try again", "primary")
        self.logs_button = button("Open the log folder")
        self.quit_button = button("Quit")
        ways = QHBoxLayout()
        ways.setSpacing(8)
        ways.addWidget(self.quit_button)
        ways.addStretch(1)
        ways.addWidget(self.logs_button)
        ways.addWidget(self.again_button)
        column = self.card.column
        column.addWidget(self.reason)
        column.addWidget(scroll)
        column.addWidget(self.notice)
        column.addSpacing(8)
        column.addLayout(ways)
        middle = QVBoxLayout(self)
        middle.addStretch(1)
        middle.addWidget(self.card, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self.again_button.clicked.connect(self.try_again_requested)
        self.quit_button.clicked.connect(self.quit_requested)
        self.logs_button.clicked.connect(self._open_logs)

    def tell(self, why: str, findings: tuple[Finding, ...]) -> None:
        """Show why the last start failed and what the doctor found; without findings it is still looking."""
        self.reason.setText(f"Last time: {why}." if why else "")
        while self._rows.count():
            item = self._rows.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
        if not findings:
            self._rows.addWidget(label("The doctor is looking…", "faint"))
        for finding in findings:
            self._rows.addWidget(self._row(finding))
        self._rows.addStretch(1)
        self.notice.clear()

    def findings_text(self) -> str:
        """Return every word of the list, for who reads it out."""
        return "\n".join(part.text() for part in self._list.findChildren(QLabel) if part.text())

    def _row(self, finding: Finding) -> QWidget:
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(10)
        icon = QLabel()
        name = "check" if finding.status == "good" else "triangle-alert"
        colour = self._look.colour(finding.status).name()
        icon.setPixmap(self._look.icons.pixmap(name, 18, colour, self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(finding.check, "bold"))
        words.addWidget(label(finding.detail, "normal", wrap=True))
        if finding.advice and finding.status != "good":
            words.addWidget(label(finding.advice, "strong", wrap=True))
        across.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(words, 1)
        return row

    def _open_logs(self) -> None:
        if not self._logs.is_dir() or not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._logs))):
            self.notice.tell("No program opens folders here.", f"The logs are in {self._logs}.", "caution")
