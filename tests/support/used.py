"""The program in the test's own process, with somebody at mouse and keyboard."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.program import Program
from desktop.server_process import ServerProcess, ServerState
from tests.support.server import PASSWORD

PATIENCE_MS = 20_000


class Used:
    """The program with somebody at mouse and keyboard."""

    def __init__(self, program: Program, server: ServerProcess, qtbot: QtBot) -> None:
        self.program = program
        self.server = server
        self.rooms = program.rooms
        self.qtbot = qtbot
        self.states: list[ServerState] = []

    def until(self, condition: Callable[[], bool]) -> None:
        try:
            self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)
        except Exception as error:
            guarding = self.rooms.guarding
            error.add_note(f"guard: {guarding.state}, this machine: {guarding.ability}")
            error.add_note(f"shield: {guarding.shield._reason}")
            raise

    def click(self, widget: QWidget) -> None:
        assert widget.isVisible()
        QTest.mouseClick(
            widget, Qt.MouseButton.LeftButton, pos=QPoint(widget.width() // 2, widget.height() // 2)
        )

    def type(self, line: QLineEdit, text: str) -> None:
        assert line.isVisible()
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.program.window, key, modifiers)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        page = self.rooms.entry.sign_in
        self.until(lambda: page.isVisible() and page.open_button.isEnabled())
        self.type(page.name.line, name)
        self.type(page.password.line, password)
        QTest.keyClick(page.password.line, Qt.Key.Key_Return)

    def signed_in(self, name: str) -> None:
        self.sign_in(name)
        self.until(lambda: self.program.window.page is self.rooms.frame)

    @property
    def notice(self) -> str:
        notice = self.rooms.entry.sign_in.notice
        return notice.words.text() if notice.isVisible() else ""

    def pid(self) -> int:
        return next(state.pid for state in reversed(self.states) if state.pid is not None)


Start = Callable[..., Used]
