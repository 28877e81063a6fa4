"""Tracing a leak in the real window on the real server: dropped, pasted, cancelled, found, and not found."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.admin.trace import TracePage
from desktop.admin.trace_drop import DropZone, leak_in
from desktop.admin.trace_words import history_line, verdict
from desktop.client.traces import Trace
from tests.desktop.test_activity import open_page
from tests.server.test_trace import view
from tests.support.people import add_people
from tests.support.rooms import near, pixels
from tests.support.server import ROOT, command, running
from tests.support.used import Start, Used

SAMPLES = sorted((ROOT / "resources" / "samples").glob("*.jpg"))[:2]
COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def leaks(data_dir: Path, scratch: Path) -> dict[str, Path]:
    """Show pictures to a viewer, whose copies leak: one as it was, one so that the mark is gone."""
    add_people(data_dir)
    imported = command("import", *map(str, SAMPLES), "--data-dir", str(data_dir), home=data_dir.parent)
    assert imported.returncode == 0, imported.stderr
    with running(data_dir) as server:
        viewer = server.signed_in("viewer")
        first, second = (view(viewer, one, "screen") for one in viewer.get("/images").json()["items"])
    paths = {name: scratch / f"{name}.jpg" for name in ("copy", "faded", "noise")}
    first.crop((200, 100, 1400, 900)).save(paths["copy"], quality=80)
    second.filter(ImageFilter.GaussianBlur(6)).resize((420, 280)).save(paths["faded"], quality=40)
    noise = np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(noise).save(paths["noise"], quality=70)
    return paths


def drop(zone: QWidget, data: QMimeData) -> None:
    entering = QDragEnterEvent(QPoint(20, 20), COPY, data, LEFT, NONE)
    QApplication.sendEvent(zone, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(zone, QDropEvent(QPoint(20, 20), COPY, data, LEFT, NONE))


def file_data(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def opened(used: Used, name: str) -> TracePage:
    used.signed_in(name)
    if name != "auditor":
        # Leaving the grid takes back what it has asked for, and the people are counted below.
        used.until(lambda: len(used.rooms.thumbnails.cache) == len(SAMPLES))
    open_page(used, "Trace a leak")
    page = used.rooms.trace
    assert page.isVisible()
    return page


def idle(page: TracePage) -> bool:
    return page.drop.isEnabled() and not page.bar.isVisible()


def test_a_dropped_copy_names_who_it_was_shown_to(start: Start, leaks: dict[str, Path]) -> None:
    used = start()
    page = opened(used, "admin")
    drop(page.drop, file_data(leaks["copy"]))
    assert not page.drop.isEnabled()
    assert page.cancel_button.isVisible()
    used.until(lambda: len(page.cards) == 1)
    words = page.cards[0].words
    assert (words.title, words.certainty) == ("viewer", "certain")
    assert "test machine" in words.first
    assert "mark " in words.second
    assert SAMPLES[0].name in page.panel.details.text() or SAMPLES[1].name in page.panel.details.text()
    used.until(lambda: page.panel.view.image_shown)
    accent = page.panel.view._look.colour("accent")
    gold = (accent.red(), accent.green(), accent.blue())
    assert near(pixels(page.panel.view), gold, 40) > 200, "a box is drawn"
    boxes = pixels(page.panel.view)
    QTest.mouseClick(page.panel.map_button, LEFT)
    assert np.abs(pixels(page.panel.view).astype(int) - boxes).mean() > 4, "the map is drawn instead"
    page.set_shielded(True)
    QTest.mouseClick(page.panel.map_button, LEFT)
    colours = len(np.unique(pixels(page.panel.view).reshape(-1, 3), axis=0))
    assert colours < 1000 < len(np.unique(boxes.reshape(-1, 3), axis=0)), "nothing but boxes"
    assert not page.panel.view.image_shown
    page.set_shielded(False)
    used.until(lambda: len(page.history.lines.items) == 1)
    assert "viewer" in str(page.history.lines.data(page.history.lines.index(0)))
    # The gallery forgets it all with the session.
    used.rooms.forget()
    assert (page.cards, page.history.lines.items, page.panel.view.image_shown) == ([], [], False)


def test_a_pasted_picture_without_its_mark_lists_the_people(start: Start, leaks: dict[str, Path]) -> None:
    used = start()
    page = opened(used, "admin")
    QGuiApplication.clipboard().setImage(QImage(str(leaks["faded"])))
    page.drop.setFocus()
    QTest.keyClick(page.drop, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    used.until(lambda: idle(page) and bool(page.cards))
    assert page.verdict.text() == "No mark was found."
    assert "leaked it" in page.advice.text()
    # Who traces has been shown its thumbnail in the grid.
    assert page.cards[0].words.first == "Shown to 2 people in 2 sessions"
    assert "viewer on test machine" in page.panel.details.text()
    QGuiApplication.clipboard().clear()


def test_a_negative_and_what_cannot_be_read_say_so(start: Start, leaks: dict[str, Path]) -> None:
    used = start()
    page = opened(used, "admin")
    page.begin(leaks["noise"])
    used.until(lambda: idle(page) and bool(page.verdict.text()))
    assert page.verdict.text() == "Nothing was found."
    assert "does not prove" in page.advice.text()
    page.begin(leaks["noise"].with_name("missing.jpg"))
    used.until(lambda: "missing.jpg cannot be read" in page.verdict.text())
    assert "choose another file" in page.advice.text()
    page.begin(b"no picture")
    used.until(lambda: "pasted.png cannot be read" in page.verdict.text())
    # An earlier one can be looked at again.
    used.until(lambda: len(page.history.lines.items) == 2)
    page.history.setCurrentIndex(page.history.lines.index(1))
    QTest.keyClick(page.history, Qt.Key.Key_Return)
    assert page.verdict.text() == "Nothing was found."


def test_a_trace_can_be_cancelled(start: Start, leaks: dict[str, Path], scratch: Path) -> None:
    large = scratch / "large.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (2000, 3000, 3), np.uint8)).save(large)
    used = start()
    page = opened(used, "admin")
    page.begin(large)
    used.until(lambda: page.step.text() not in ("", "Sending large.png…"))
    used.click(page.cancel_button)
    assert (idle(page), page.verdict.text()) == (True, "The trace was cancelled.")

    def cancelled() -> bool:
        page._fetch_history()
        used.qtbot.wait(200)
        return bool(page.history.lines.items) and page.history.lines.items[0].state == "cancelled"

    used.until(cancelled)


def test_an_auditor_gets_names_and_no_picture(start: Start, leaks: dict[str, Path]) -> None:
    used = start()
    used.signed_in("auditor")
    # What is dropped on the activity page is traced as well.
    drop(used.rooms.activity.drop, file_data(leaks["copy"]))
    page = used.rooms.trace
    used.until(lambda: len(page.cards) == 1)
    assert page.isVisible()
    assert page.cards[0].words.title == "viewer"
    assert not page.panel.view.image_shown
    assert page.panel.view.accessibleDescription().startswith("Boxes: ")
    QTest.mouseClick(page.panel.map_button, LEFT)
    assert page.panel.view.map_shown


def test_a_viewer_is_not_offered_it(start: Start, data_dir: Path) -> None:
    add_people(data_dir)
    used = start()
    used.signed_in("viewer")
    used.program.window.actions_table.trigger("go.trace")
    assert not used.rooms.trace.isVisible()
    assert "role" in used.program.window.toast.accessibleName()


def test_what_is_no_leak_is_not_taken(qapp: QApplication) -> None:
    data = QMimeData()
    data.setText("words")
    assert leak_in(data) is None
    data.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    leak = leak_in(data)
    assert isinstance(leak, bytes)
    assert Image.open(io.BytesIO(leak)).size == (4, 4)
    data.setUrls([QUrl("https://example.org/picture.jpg"), QUrl.fromLocalFile("/srv/leak.jpg")])
    assert leak_in(data) == Path("/srv/leak.jpg")


@pytest.mark.parametrize("state", ["waiting", "cancelled", "failed"])
def test_a_trace_without_a_result_is_told(state: str) -> None:
    failure = {"code": "trace_lost", "title": "The server stopped", "detail": "x", "advice": "Again."}
    about = {"id": "t", "name": "leak.jpg", "content_hash": "0" * 64, "account": "admin", "step": None}
    told = {**about, "state": state, "started_at": "2026-11-22T09:13:00Z", "pictures_kept": False}
    trace = Trace.read({**told, "result": None, "failure": failure if state == "failed" else None})
    line, below = history_line(trace)
    assert line == f"leak.jpg · {'at work' if state == 'waiting' else state}"
    assert below == "22 Nov 2026, 09:13 UTC · traced by admin"
    words = {"waiting": "", "cancelled": "The trace was cancelled.", "failed": "The server stopped."}
    assert verdict(trace)[0] == words[state]


def test_every_control_has_a_name(look: object, start: Start, leaks: dict[str, Path]) -> None:
    page = opened(start(), "admin")
    controls = [page.drop, page.drop.choose_button, page.drop.paste_button, page.cancel_button, page.history]
    assert all(control.accessibleName() for control in [*controls, page.panel.parts, page.panel.view])
    assert isinstance(page.drop, DropZone)
