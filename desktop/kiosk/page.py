"""What a kiosk shows before it is signed in: it tries again by itself, as nobody is there to do it."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure, Rejection
from desktop.client.models import SignedIn
from desktop.client.password_file import sign_in
from desktop.command_line import KioskRequest
from desktop.look.appearance import Appearance
from desktop.look.notice import Notice

ROLE = "kiosk"
AGAIN_MS = 10_000


class KioskPage(QWidget):
    """Signs in as the account of the kiosk; emits `opened` with the session."""

    opened = Signal(object)

    def __init__(
        self, look: Appearance, gallery: Gallery, background: Background, request: KioskRequest
    ) -> None:
        super().__init__()
        self._look = look
        self._gallery = gallery
        self._background = background
        self._request = request
        self._task: Task | None = None
        self._notice = Notice(look)
        self._notice.acted.connect(self.begin)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.begin)
        column = QVBoxLayout(self)
        column.addWidget(self._notice)

    def begin(self) -> None:
        """Sign in."""
        self._again.stop()
        if self._task is None or self._task.finished:
            self._notice.say("loader-circle", "One moment", "The pictures are on their way.")
            work = _sign_in(self._gallery, self._request)
            self._task = self._background.run(work, self.opened.emit, self._failed, self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("stage"))
        painter.end()

    def _failed(self, failure: Failure) -> None:
        advice = f"{failure.advice} This screen tries again by itself."
        self._notice.say("circle-alert", failure.message, advice, "Try again now", "caution")
        self._again.start()


async def _sign_in(gallery: Gallery, request: KioskRequest) -> SignedIn:
    signed_in = await sign_in(gallery, request.name, request.password_file)
    if signed_in.account.role != ROLE:
        await gallery.sign_out()
        raise Rejection(
            "not_a_kiosk",
            f"The account {request.name} is a person's and not a kiosk's.",
            "Make an account with the role kiosk, and name that one.",
        )
    return signed_in
