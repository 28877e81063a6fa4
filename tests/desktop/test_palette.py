"""The command palette does what was chosen, and nothing besides."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.look.appearance import Appearance
from desktop.shell.window import MainWindow


def test_the_key_that_chooses_is_not_taken_by_the_page_below(qtbot: QtBot, look: Appearance) -> None:
    window, page = MainWindow(look), QWidget()
    qtbot.addWidget(window)
    window.add_page(page)
    done: list[str] = []
    window.actions_table.handle("album.new", page, lambda: done.append("album"))
    window.actions_table.handle("picture.open", page, lambda: done.append("picture"))
    window.show()
    qtbot.waitExposed(window)
    window.command_palette.open()
    QTest.keyClicks(window.command_palette.field, "New album")
    QTest.keyClick(window.command_palette.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(done))
    assert done == ["album"]
    assert window.command_palette.isHidden()
