"""The page of `vaultsecure view`: signs in and opens one file, and says what to do where that fails."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.models import Picture, SignedIn
from desktop.client.password_file import sign_in
from desktop.command_line import ViewRequest
from desktop.entry.form import EntryCard, Notice
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button


class DirectPage(QWidget):
    """Shows what is going on until the picture is there; emits `opened` with the session and the picture."""

    opened = Signal(object, object)
    failed = Signal(object)
    quit_requested = Signal()

    def __init__(self, look: Appearance, gallery: Gallery, background: Background) -> None:
        super().__init__()
        self._gallery = gallery
        self._background = background
        self._request: ViewRequest | None = None
        self._task: Task | None = None
        self.card = EntryCard(look, "Opening", "")
        self.notice = Notice(look)
        self.again_button = button("Try again", "primary")
        self.quit_button = button("Quit")
        ways = QHBoxLayout()
        ways.setSpacing(8)
        ways.addWidget(self.quit_button)
        ways.addStretch(1)
        ways.addWidget(self.again_button)
        self.card.column.addWidget(self.notice)
        self.card.column.addLayout(ways)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.card, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.again_button.clicked.connect(self._try)
        self.quit_button.clicked.connect(self.quit_requested)

    def begin(self, request: ViewRequest) -> None:
        """Open what was asked for."""
        self._request = request
        self._try()

    def _try(self) -> None:
        if self._request is None or (self._task is not None and not self._task.finished):
            return
        self.card.title.setText("Opening")
        self.card.under.setText(self._request.file.name)
        self.notice.clear()
        self.again_button.setEnabled(False)
        self._task = self._background.run(
            _open(self._gallery, self._request), self._opened, self._failed, self
        )

    def _opened(self, answer: tuple[SignedIn, Picture]) -> None:
        self.opened.emit(*answer)

    def _failed(self, failure: Failure) -> None:
        self.card.title.setText("This picture cannot be shown")
        self.again_button.setEnabled(True)
        self.notice.tell_failure(failure)
        self.failed.emit(failure)


async def _open(gallery: Gallery, request: ViewRequest) -> tuple[SignedIn, Picture]:
    signed_in = await sign_in(gallery, request.name, request.password_file)
    return signed_in, await gallery.open(str(request.file))
