"""The page of the first run: it makes the first admin and chooses the gallery folder."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.models import SignedIn
from desktop.entry.form import EntryCard, Field, Notice, ServerLine
from desktop.entry.policy import hints
from desktop.entry.sign_in import remarks
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

CARD_WIDTH = 460


class WelcomePage(QWidget):
    """Asks for the first admin's name and password and a folder; emits `opened` once the gallery exists."""

    opened = Signal(object, str)
    due = Signal(object, object)
    done_elsewhere = Signal()

    def __init__(self, look: Appearance, gallery: Gallery, background: Background) -> None:
        super().__init__()
        self._look = look
        self._gallery = gallery
        self._background = background
        self._task: Task | None = None
        self.card = EntryCard(
            look,
            "Welcome",
            "Make the first account: it keeps this gallery.",
            CARD_WIDTH,
        )
        self.name = Field(look, "Your name", "user")
        self.password = Field(look, "Password", "key-round", secret=True)
        self.confirmation = Field(look, "Password again", "key-round", secret=True)
        self.folder = Field(look, "Gallery folder", "folder")
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        self.folder.line.setText(pictures or str(Path.home()))
        self.choose_button = button("Choose…")
        self.notice = Notice(look)
        self.open_button = button("Open this folder", "primary")
        self.samples_button = button("Try with sample pictures")
        self.server_line = ServerLine(look)
        self._hint_labels: list[tuple[QLabel, QLabel]] = []
        self._lay_out()
        for line in (self.name.line, self.password.line, self.confirmation.line):
            line.textChanged.connect(self._judge)
        self.name.line.returnPressed.connect(self.password.line.setFocus)
        self.password.line.returnPressed.connect(self.confirmation.line.setFocus)
        self.confirmation.line.returnPressed.connect(self.folder.line.setFocus)
        self.folder.line.returnPressed.connect(lambda: self.submit(samples=False))
        self.choose_button.clicked.connect(self._choose)
        self.open_button.clicked.connect(lambda: self.submit(samples=False))
        self.samples_button.clicked.connect(lambda: self.submit(samples=True))
        look.changed.connect(self._judge)
        self._judge()

    def submit(self, *, samples: bool) -> None:
        """Make the account and the gallery out of what was typed."""
        if self._task is not None:
            return
        name, password = self.name.text().strip(), self.password.text()
        if not name:
            self.notice.tell("Type a name for yourself.", tone="caution")
            self.name.line.setFocus()
            return
        missing = [hint.text for hint in hints(name, password, self.confirmation.text()) if not hint.kept]
        if missing:
            self.notice.tell("The password is not good enough yet:", f"{missing[0].lower()}.", "caution")
            (
                self.confirmation if len(missing) == 1 and "twice" in missing[0] else self.password
            ).line.setFocus()
            return
        folder = self.folder.text().strip()
        if not samples and not Path(folder).is_dir():
            self.notice.tell(
                f"There is no folder {folder}.", "Choose another, or try with sample pictures.", "caution"
            )
            self.folder.line.setFocus()
            return
        self.notice.clear()
        self._busy(True)
        self._task = self._background.run(
            _set_up(self._gallery, name, password, None if samples else folder, samples),
            self._opened,
            self._failed,
            self,
        )

    def _lay_out(self) -> None:
        column = self.card.column
        rules = QGridLayout()
        rules.setContentsMargins(2, 0, 0, 6)
        rules.setHorizontalSpacing(6)
        rules.setVerticalSpacing(4)
        for index, hint in enumerate(hints("", "", "")):
            mark, words = QLabel(), label(hint.text, "small")
            self._hint_labels.append((mark, words))
            rules.addWidget(mark, index // 2, index % 2 * 2)
            rules.addWidget(words, index // 2, index % 2 * 2 + 1)
        rules.setColumnStretch(1, 1)
        rules.setColumnStretch(3, 1)
        for part in (self.name, self.password, self.confirmation):
            column.addWidget(part)
        column.addLayout(rules)
        place = QHBoxLayout()
        place.setSpacing(8)
        place.addWidget(self.folder, 1)
        place.addWidget(self.choose_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.folder.setContentsMargins(0, 0, 0, -4)  # a field's own room below, which its neighbour has not
        column.addLayout(place)
        column.addWidget(self.notice)
        ways = QHBoxLayout()
        ways.setSpacing(8)
        ways.addWidget(self.samples_button, 1)
        ways.addWidget(self.open_button, 1)
        column.addSpacing(6)
        column.addLayout(ways)
        column.addWidget(self.server_line)
        middle = QVBoxLayout(self)
        middle.addStretch(1)
        middle.addWidget(self.card, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)

    def _judge(self) -> None:
        judged = hints(self.name.text(), self.password.text(), self.confirmation.text())
        ratio = self.devicePixelRatioF()
        for hint, (mark, words) in zip(judged, self._hint_labels, strict=True):
            colours = self._look.palette
            icon, colour = ("check", colours.good) if hint.kept else ("minus", colours.faint)
            mark.setPixmap(self._look.icons.pixmap(icon, 14, colour, ratio))
            words.setAccessibleName(f"{hint.text}: {'kept' if hint.kept else 'not yet'}")

    def _choose(self) -> None:
        start = self.folder.text()
        chosen = QFileDialog.getExistingDirectory(self, "Choose the gallery folder", start)
        if chosen:
            self.folder.line.setText(chosen)

    def _busy(self, busy: bool) -> None:
        for part in (self.open_button, self.samples_button, self.choose_button):
            part.setEnabled(not busy)
        for field in (self.name, self.password, self.confirmation, self.folder):
            field.line.setEnabled(not busy)

    def _opened(self, answer: tuple[SignedIn, str]) -> None:
        self._task = None
        self._busy(False)
        password = self.password.text()
        self.password.clear()
        self.confirmation.clear()
        signed_in, remark = answer
        if signed_in.whole:
            self.opened.emit(signed_in, remark)
        else:
            self.due.emit(signed_in, password)

    def _failed(self, failure: Failure) -> None:
        self._task = None
        self._busy(False)
        if failure.code == "setup_done":
            self.done_elsewhere.emit()
            return
        self.notice.tell_failure(failure)
        self.password.line.setFocus()


async def _set_up(
    gallery: Gallery, name: str, password: str, folder: str | None, samples: bool
) -> tuple[SignedIn, str]:
    signed_in = await gallery.setup(name, password, folder, samples)
    return signed_in, await remarks(gallery, keep=False)
