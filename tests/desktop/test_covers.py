"""Under the shield nothing of a picture is to be seen, heard or taken, on any page of a real screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleInterface,
    QGuiApplication,
    QHelpEvent,
    QPageSize,
    QPdfWriter,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from desktop.guard.events import GuardState, Rect
from desktop.shell.export_dialog import ExportDialog
from desktop.shell.ways_out import print_on
from tests.protection.stage import Pixels, Screen, Window
from tests.support.gallery import vivid_pictures
from tests.support.people import add_people
from tests.support.server import command
from tests.support.used import Start, Used

SECRET = "Annabel"
BLIND = GuardState(live=False, reason="The capture guard ended with status 1.")
ENOUGH = 2000


def vivid(pixels: Pixels) -> int:
    """Count the pixels that have the colour of the pictures, the mark over them or not."""
    red, green, blue = (pixels[..., channel].astype(np.int16) for channel in range(3))
    return int(((red - green > 80) & (blue - green > 40)).sum())


def spoken(interface: QAccessibleInterface | None) -> Iterator[str]:
    """Yield all that a screen reader could say of something and of what is in it."""
    if interface is None or not interface.isValid():
        return
    kinds = (
        QAccessible.Text.Name,
        QAccessible.Text.Description,
        QAccessible.Text.Value,
        QAccessible.Text.Help,
    )
    for kind in kinds:
        yield interface.text(kind)
    for index in range(interface.childCount()):
        yield from spoken(interface.child(index))


@pytest.fixture
def used(start: Start, data_dir: Path, tmp_path: Path) -> Used:
    """Sign an admin in, who looks at guarded pictures with a name that nobody may hear."""
    add_people(data_dir)
    vivid_pictures(tmp_path / "pictures", range(4))
    for path in (tmp_path / "pictures").iterdir():
        path.rename(path.with_name(f"{SECRET} {path.name}"))
    done = command("import", str(tmp_path / "pictures"), "--data-dir", str(data_dir), home=tmp_path)
    assert done.returncode == 0, done.stdout
    begun = start()
    begun.signed_in("admin")
    begun.until(lambda: len(begun.rooms.library.model.pictures) == 4)
    begun.program.window.activateWindow()
    return begun


class Pages:
    """Goes to every page that shows pictures."""

    def __init__(self, used: Used) -> None:
        self._used = used
        self._rooms = used.rooms

    def grid(self) -> None:
        self._used.program.pages.show_beside(self._rooms.library)
        self._rooms.library.grid.select(self._rooms.library.model.pictures[0].id)

    def tooltip(self) -> None:
        self.grid()
        viewport = self._rooms.library.grid.viewport()
        at = QPoint(80, 120)

        def told() -> bool:
            # The shield before this one may not have gone yet.
            QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(at)))
            return SECRET in QToolTip.text()

        self._used.until(told)

    def drag(self) -> None:
        self.grid()
        viewport = self._rooms.library.grid.viewport()
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(80, 120))
        QTest.mouseMove(viewport, QPoint(300, 300))

    def viewer(self) -> None:
        self._used.program.pages.open_picture(self._rooms.library.model.pictures[0].id)

    def compare(self) -> None:
        self.viewer()
        self._rooms.viewer.compare()

    def slideshow(self) -> None:
        self.viewer()
        self._rooms.viewer.start_slideshow()

    def activity(self) -> None:
        if self._used.program.window.isFullScreen():
            self._used.program.window.toggle_full_screen()
        self._used.program.pages.choose("activity")


def said(widget: QWidget) -> str:
    """Return all that a screen reader could say of a widget."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return "\n".join(spoken(QAccessible.queryAccessibleInterface(widget)))


def test_no_page_shows_or_names_a_picture_under_the_shield(used: Used, screen: Screen) -> None:
    rooms, window = used.rooms, used.program.window
    used.until(lambda: vivid(screen.pixels()) > ENOUGH)
    live = rooms.guarding.state
    pages = Pages(used)
    for name in ("grid", "tooltip", "drag", "viewer", "compare", "slideshow", "activity"):
        go: Callable[[], None] = getattr(pages, name)

        def there(go: Callable[[], None] = go) -> bool:
            go()
            return vivid(screen.pixels()) > 100

        used.qtbot.waitUntil(there, timeout=60_000)
        heard = said(window)
        assert SECRET in heard or name in ("grid", "tooltip", "drag", "activity"), name

        rooms.guarding.shield.take_state(BLIND)

        used.until(lambda: vivid(screen.pixels()) == 0)
        heard = said(window)
        assert SECRET not in heard, (name, [line for line in heard.splitlines() if SECRET in line])
        assert "Shielded" in heard or name == "activity", name
        assert SECRET not in QToolTip.text()
        properties = screen.run("xprop", "-id", str(int(window.winId()))).stdout.decode()
        assert "VaultSecure" in properties
        assert SECRET not in properties
        rooms.guarding.shield.take_state(live)


def test_what_is_protected_leaves_by_export_alone(
    used: Used, screen: Screen, tmp_path: Path, data_dir: Path
) -> None:
    rooms, window = used.rooms, used.program.window
    used.until(lambda: vivid(screen.pixels()) > ENOUGH)
    picture = rooms.library.model.pictures[0]
    rooms.library.grid.select(picture.id)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("before")
    control = Qt.KeyboardModifier.ControlModifier
    for key, words in ((Qt.Key.Key_C, "Copying is off"), (Qt.Key.Key_P, "Printing is off")):
        used.press(key, control)
        used.until(lambda words=words: words in said(window.toast))  # type: ignore[misc]  # mypy cannot infer a lambda's default
        assert "Export it with a reason" in said(window.toast)
    assert clipboard.text() == "before"
    Pages(used).drag()
    used.until(lambda: "Dragging out is off" in said(window.toast))
    assert window.actions_table.why_not("picture.copy") == "Copying is off for guarded pictures."
    assert window.actions_table.why_not("picture.export") == ""

    used.press(Qt.Key.Key_S, control)
    (dialog,) = window.findChildren(ExportDialog)
    dialog.original.setChecked(True)
    used.click(dialog.do)
    assert "takes a reason" in said(dialog)
    saved = tmp_path / "taken.jpg"
    rooms.background.run(
        rooms.gallery.export(picture.id, "original", "For the printer"),
        lambda exported: rooms.ways_out.save_to(exported, saved),
        lambda failure: pytest.fail(failure.message),
        window,
    )
    used.until(saved.exists)
    assert saved.read_bytes() == (tmp_path / "pictures" / picture.name).read_bytes()
    dialog.reject()


def test_open_pictures_are_copied_and_printed(
    start: Start, data_dir: Path, tmp_path: Path, screen: Screen
) -> None:
    add_people(data_dir)
    vivid_pictures(tmp_path / "pictures", range(1))
    arguments = ["import", str(tmp_path / "pictures"), "--data-dir", str(data_dir)]
    assert command(*arguments, home=tmp_path).returncode == 0
    used = start(DEFAULT_PROTECTION="open")
    used.signed_in("admin")
    used.until(lambda: len(used.rooms.library.model.pictures) == 1)
    used.rooms.library.grid.select(used.rooms.library.model.pictures[0].id)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("before")
    used.press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    used.until(lambda: clipboard.mimeData().hasImage())
    printed = tmp_path / "printed.pdf"
    writer = QPdfWriter(str(printed))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A5))
    print_on(writer, clipboard.image())
    del writer
    assert printed.read_bytes().startswith(b"%PDF")
    assert printed.stat().st_size > 20_000
    clipboard.setText("after")


def test_what_is_sealed_is_hidden_while_another_window_has_the_keyboard(
    start: Start, data_dir: Path, tmp_path: Path, screen: Screen
) -> None:
    add_people(data_dir)
    vivid_pictures(tmp_path / "pictures", range(3))
    arguments = ["import", str(tmp_path / "pictures"), "--data-dir", str(data_dir)]
    assert command(*arguments, home=tmp_path).returncode == 0
    used = start(DEFAULT_PROTECTION="sealed")
    used.signed_in("admin")
    window = used.program.window
    used.until(lambda: vivid(screen.pixels()) > ENOUGH)
    other = Window(screen, Rect(0, 0, 40, 40))
    try:
        screen.run("xdotool", "windowfocus", str(other.id))
        used.until(lambda: "Another window has the keyboard" in said(window))
        used.until(lambda: vivid(screen.pixels()) <= 40 * 40)
    finally:
        other.close()
    screen.run("xdotool", "windowfocus", str(int(window.winId())))
    used.until(lambda: vivid(screen.pixels()) > ENOUGH)
