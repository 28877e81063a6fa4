"""Every window of the program is kept out of captures, whenever it may have lost that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QWindowStateChangeEvent
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from desktop.guard.exclusion import Exclusion
from desktop.shell.window_exclusion import NAME, WindowExclusion, excluder_of


class Recorded:
    """A system that records what it is asked for, and refuses the windows that a test names."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.refused: set[int] = set()

    def exclude(self, window: int) -> Exclusion:
        self.calls.append(("exclude", window))
        return Exclusion(held=False, reason="Refused.") if window in self.refused else Exclusion(held=True)

    def include(self, window: int) -> None:
        self.calls.append(("include", window))


class Kept:
    """A window, what keeps it out of captures, and what that told."""

    def __init__(self) -> None:
        self.system = Recorded()
        self.exclusion = WindowExclusion(self.system)
        self.told: list[bool] = []
        self.exclusion.changed.connect(lambda states: self.told.append(states[0].live))
        self.window = QWidget()

    def asked(self, widget: QWidget) -> int:
        """Count how often a window was to be kept out."""
        return self.system.calls.count(("exclude", int(widget.winId())))


@pytest.fixture
def kept(qapp: QApplication, qtbot: QtBot) -> Iterator[Kept]:
    made = Kept()
    qtbot.addWidget(made.window)
    yield made
    made.exclusion.deleteLater()


def test_every_window_is_kept_out_while_that_is_wanted(kept: Kept, qtbot: QtBot) -> None:
    kept.window.show()
    qtbot.waitExposed(kept.window)
    assert kept.system.calls == []
    kept.exclusion.want(True)
    assert kept.asked(kept.window) == 1
    dialog, menu = QDialog(kept.window), QMenu(kept.window)
    menu.addAction("Open")
    dialog.show()
    menu.popup(kept.window.pos())
    qtbot.waitUntil(lambda: kept.asked(dialog) > 0 and kept.asked(menu) > 0)
    menu.close()
    dialog.close()
    kept.exclusion.want(False)
    assert kept.system.calls[-1] == ("include", int(kept.window.winId()))
    assert kept.told == [True]


def test_it_is_asked_for_again_whenever_it_may_be_lost(kept: Kept, qtbot: QtBot) -> None:
    kept.window.show()
    qtbot.waitExposed(kept.window)
    kept.exclusion.want(True)
    handle, application = kept.window.windowHandle(), QGuiApplication.instance()
    assert handle is not None
    assert isinstance(application, QGuiApplication)

    def again(happens: Callable[[], object]) -> None:
        before = kept.asked(kept.window)
        happens()
        qtbot.waitUntil(lambda: kept.asked(kept.window) > before)

    kept.window.hide()
    again(kept.window.show)
    again(lambda: QApplication.sendEvent(handle, QWindowStateChangeEvent(Qt.WindowState.WindowMinimized)))
    again(lambda: QApplication.sendEvent(handle, QEvent(QEvent.Type.ScreenChangeInternal)))
    again(lambda: QApplication.sendEvent(handle, QEvent(QEvent.Type.DevicePixelRatioChange)))
    again(lambda: application.applicationStateChanged.emit(application.applicationState()))
    again(lambda: application.primaryScreenChanged.emit(application.primaryScreen()))


def test_one_window_that_is_not_kept_out_is_a_gap_for_as_long_as_it_is_shown(
    kept: Kept, qtbot: QtBot
) -> None:
    kept.window.show()
    qtbot.waitExposed(kept.window)
    kept.exclusion.want(True)
    dialog = QDialog(kept.window)
    kept.system.refused.add(int(dialog.winId()))
    dialog.show()
    qtbot.waitUntil(lambda: kept.told[-1] is False)
    assert [(state.name, state.reason) for state in kept.exclusion.states] == [(NAME, "Refused.")]
    dialog.close()
    qtbot.waitUntil(lambda: kept.told[-1] is True)


def test_where_no_system_can_nothing_is_claimed() -> None:
    assert excluder_of("xcb") is None
    assert excluder_of("wayland") is None
