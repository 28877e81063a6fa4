"""The main window: one page at a time, keys that no widget wanted, and the way out."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.actions import Actions
from desktop.look.appearance import Appearance
from desktop.look.toast import Toast
from desktop.shell.key_sheet import KeySheet
from desktop.shell.palette import Palette

NAME = "VaultSecure Gallery"
SIZE = (1440, 900)
SMALLEST = (900, 600)


class MainWindow(QMainWindow):
    """Holds the pages."""

    closing = Signal()
    full_screen_changed = Signal(bool)

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look
        self.setWindowTitle(NAME)
        self.setWindowIcon(look.icons.icon("vaultsecure", 64, look.palette.accent))
        self.stays_open: Callable[[], bool] = lambda: False
        self.resize(*SIZE)
        self.setMinimumSize(*SMALLEST)
        self._pages = QStackedWidget()
        self.setCentralWidget(self._pages)
        self.actions_table = Actions(self)
        self.toast = Toast(look, self)
        self.command_palette = Palette(look, self.actions_table, self)
        self.command_palette.chosen.connect(self.actions_table.trigger)
        handle = self.actions_table.handle
        handle("palette", self, self.command_palette.open)
        handle("key_sheet", self, self._show_keys)
        handle("view.full_screen", self, self.toggle_full_screen)
        handle("quit", self, self.close)

    def add_page(self, page: QWidget) -> None:
        """Take a page into the stack."""
        self._pages.addWidget(page)

    def show_page(self, page: QWidget, title: str = "") -> None:
        """Show one page."""
        self._pages.setCurrentWidget(page)
        self.entitle(title)
        page.setFocus()

    def entitle(self, title: str) -> None:
        """Name what is shown in the window's title."""
        self.setWindowTitle(f"{title} – {NAME}" if title else NAME)

    @property
    def page(self) -> QWidget | None:
        """Return the page that is shown."""
        return self._pages.currentWidget()

    def open_dialog(self, dialog: QDialog) -> None:
        """Open a dialog, and take the keyboard back after it: without a window manager nobody else would."""
        dialog.finished.connect(lambda _result: self.activateWindow())
        dialog.open()

    def _show_keys(self) -> None:
        self.open_dialog(KeySheet(self._look, self.actions_table, self))

    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop doing so."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def changeEvent(self, event: QEvent) -> None:
        """Tell when the screen is filled, and when no longer."""
        if event.type() == QEvent.Type.WindowStateChange:
            self.full_screen_changed.emit(self.isFullScreen())
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a key that the focused widget did not want."""
        if self.actions_table.press(event):
            event.accept()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that the program ends, unless something keeps the window open."""
        if self.stays_open():
            event.ignore()
            return
        self.closing.emit()
        event.accept()


class Frame(QWidget):
    """The pages beside the sidebar, over the status bar."""

    def __init__(self, sidebar: QWidget, status: QWidget, first: QWidget, *others: QWidget) -> None:
        super().__init__()
        self._inner = QStackedWidget()
        for page in (first, *others):
            self._inner.addWidget(page)
        across = QHBoxLayout()
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(sidebar)
        across.addWidget(self._inner, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(across, 1)
        column.addWidget(status)

    def show_page(self, page: QWidget) -> None:
        """Show one of the pages."""
        self._inner.setCurrentWidget(page)

    @property
    def page(self) -> QWidget | None:
        """Return the page that is shown."""
        return self._inner.currentWidget()
