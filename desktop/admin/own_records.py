"""The dialog "What is recorded about me": the own records, newest first, and until when they stay."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QDialog, QHBoxLayout, QListView, QVBoxLayout, QWidget

from desktop.admin.paged_list import PagedList
from desktop.admin.wording import plural
from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.records import OwnRecord, OwnRecordsPage
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

WHY = (
    "A leaked picture leads back to who saw it: therefore sign-ins, opened pictures and capture attempts are "
    "recorded. You, and the admins and auditors of this gallery, can read it."
)
FOR_EVER = "kept as long as the gallery"
SIZE = (640, 560)


class OwnRecordsDialog(QDialog):
    """Lists what is recorded, whoever is signed in."""

    def __init__(self, look: Appearance, gallery: Gallery, background: Background, window: QWidget) -> None:
        super().__init__(window)
        self._gallery = gallery
        self._background = background
        self._task: Task | None = None
        edge = f"1px solid {look.palette.line}"
        self.setStyleSheet(f"OwnRecordsDialog {{ background: {look.palette.raised}; border: {edge}; }}")
        self.setWindowTitle("What is recorded about me")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self.lines = PagedList[OwnRecord](words)
        self.list = QListView()
        self.list.setModel(self.lines)
        self.list.setAccessibleName("What is recorded about me")
        self.list.setWordWrap(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.state = label("Fetching…", "normal", wrap=True)
        self.again = button("Try again")
        self.again.hide()
        close = button("Close", "primary")
        below = QHBoxLayout()
        below.addWidget(self.state, 1)
        below.addWidget(self.again)
        below.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 24, 28, 20)
        column.setSpacing(12)
        column.addWidget(label("What is recorded about me", "large"))
        column.addWidget(label(WHY, "normal", wrap=True))
        column.addWidget(self.list, 1)
        column.addLayout(below)
        close.clicked.connect(self.accept)
        self.again.clicked.connect(self.fetch)
        self.lines.more_wanted.connect(self.fetch)
        self.fetch()

    def fetch(self) -> None:
        """Fetch the next page."""
        if self._task is not None and not self._task.finished:
            return
        self.again.hide()
        asked = self._gallery.own_records(self.lines.cursor)
        self._task = self._background.run(asked, self._arrived, self._failed, self)

    def _arrived(self, page: OwnRecordsPage) -> None:
        self.lines.append(page)
        more = " so far; scroll for more" if page.next is not None else ""
        self.state.setText(f"{plural(len(self.lines.items), 'record')}{more}.")

    def _failed(self, failure: Failure) -> None:
        self.state.setText(f"{failure.message} {failure.advice}")
        self.again.show()


def words(record: OwnRecord) -> str:
    """Say in a line what is recorded, when, and until when it stays."""
    telling = _PHRASES.get(record.kind)
    what = record.kind.replace("_", " ").capitalize() if telling is None else telling(record.facts)
    moment = f"{record.time.astimezone():%d %b %Y, %H:%M:%S}"
    if record.kept_until is None:
        kept = "deleted after it has ended" if record.kind == "recording" else FOR_EVER
    else:
        part = "the small picture " if record.kind == "capture" else ""
        kept = f"{part}kept until {record.kept_until.astimezone():%d %b %Y}"
    return f"{moment}  ·  {what}\n{kept}"


def _sign_in(facts: dict[str, Any]) -> str:
    return f"Signed in on {facts.get('machine') or 'a machine'}"


def _capture(facts: dict[str, Any]) -> str:
    hidden = "the picture was hidden" if facts.get("hidden") else "the picture was marked"
    if facts.get("brief"):
        return f"{facts.get('program') or 'A program'} might have read the screen; it was hidden for a moment"
    if facts.get("spared") == "assistive":
        hidden = "you saw it on, by your assistive exemption"
    return f"{facts.get('program') or 'A program'} read the screen; {hidden}"


def _recording(facts: dict[str, Any]) -> str:
    done = plural(int(facts.get("interactions") or 0), "action")
    shots = int(facts.get("screenshots") or 0)
    return f"Recorded what was done: {done}" + (f", {plural(shots, 'screenshot')}" if shots else "")


def _level(what: str) -> Callable[[dict[str, Any]], str]:
    return lambda facts: f"{what} ({facts.get('level') or 'marked'})"


_PHRASES: dict[str, Callable[[dict[str, Any]], str]] = {
    "sign_in": _sign_in,
    "picture": _level("Opened a picture"),
    "detail": _level("Looked closely at a picture"),
    "thumbnail": _level("Was shown a small picture"),
    "capture": _capture,
    "recording": _recording,
}
