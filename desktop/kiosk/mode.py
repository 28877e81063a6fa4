"""The program as a kiosk: it fills the screen, signs in by itself, and lets go of it for a PIN only."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from desktop.background import Background
from desktop.client.api import Gallery
from desktop.command_line import KioskRequest
from desktop.kiosk.door import Door
from desktop.kiosk.exit_dialog import ExitDialog
from desktop.kiosk.page import KioskPage
from desktop.look.appearance import Appearance


class Kiosk(QObject):
    """`opened` tells of a session, `left_alone` that nobody is there who would start the program again."""

    opened = Signal(object)
    left_alone = Signal()

    def __init__(
        self,
        request: KioskRequest,
        look: Appearance,
        gallery: Gallery,
        background: Background,
        window: QWidget,
        open_dialog: Callable[[QDialog], None],
    ) -> None:
        super().__init__()
        self._window = window
        self._open_dialog = open_dialog
        self._asking: ExitDialog | None = None
        self._door = Door(request.door)
        self._door.lost.connect(self.left_alone)
        self.page = KioskPage(look, gallery, background, request)
        self.page.opened.connect(self.opened)

    def fill_screen(self) -> None:
        """Show the window over the whole screen, without a window manager's help."""
        screen = self._window.screen()
        self._window.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self._window.setGeometry(screen.geometry())
        screen.geometryChanged.connect(self._window.setGeometry)
        self._window.show()

    def ask_to_leave(self) -> bool:
        """Ask for the PIN instead of closing; True: the window stays."""
        if self._asking is None:
            self._asking = ExitDialog(self._door, self._window)
            self._asking.destroyed.connect(self._asked)
            self._open_dialog(self._asking)
        return True

    def _asked(self) -> None:
        self._asking = None
