"""Pictures that somebody drops or chooses are sent, told of and cancelled: to a shelf, and to a server."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop.client.errors import ServerRejection, unreachable
from desktop.client.models import Account
from desktop.client.uploads import TOGETHER_FILES, Sending, Sent, Upload
from desktop.gallery.page import LibraryPage
from desktop.gallery.refused import RefusedDialog
from desktop.gallery.sending_line import sending_words
from desktop.gallery.upload_desk import sent_words
from desktop.look.appearance import Appearance
from tests.desktop.conftest import NewPerson, run
from tests.support.rooms import Rooms, rooms
from tests.support.server import PASSWORD, Server
from tests.support.shelf import Shelf, make_picture

MANAGER, VIEWER = Account("m", "anna", "manager"), Account("v", "client-12", "viewer")
COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    with rooms(look, Shelf([make_picture(number) for number in range(3)])) as built:
        yield built


@pytest.fixture
def page(around: Rooms, qtbot: QtBot) -> Iterator[LibraryPage]:
    made = LibraryPage(around.look, around.shelf, around.background, around.thumbnails, around.overlay, [])
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    made.uploads.begin(MANAGER)
    yield made
    made.end()


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    def make(*contents: bytes, folder: str = "") -> list[Path]:
        (tmp_path / folder).mkdir(exist_ok=True)
        paths = [tmp_path / folder / f"{number:03}.jpg" for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return paths

    return make


def drop(page: LibraryPage, paths: list[Path]) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    entering = QDragEnterEvent(QPoint(400, 400), COPY, data, LEFT, NONE)
    entering.ignore()
    QApplication.sendEvent(page, entering)
    if not entering.isAccepted():
        return False
    dropping = QDropEvent(QPoint(400, 400), COPY, data, LEFT, NONE)
    QApplication.sendEvent(page, dropping)
    return dropping.isAccepted()


def test_what_is_dropped_is_sent_and_told(
    qtbot: QtBot, around: Rooms, page: LibraryPage, files: Callable[..., list[Path]]
) -> None:
    paths = files(b"picture 0", b"words", b"picture 0", b"picture 1")
    around.shelf.open.clear()
    assert drop(page, paths)
    qtbot.waitUntil(page.status.sending.isVisible)
    around.background.call_soon(around.shelf.open.set)
    with qtbot.waitSignal(page.uploads.said, timeout=15_000) as said:
        pass
    assert said.args[:2] == ["2 pictures added, 1 picture known already, 1 file refused.", "caution"]
    assert page.status.sending.isHidden()
    (told,) = page.findChildren(RefusedDialog)
    assert any("It is no picture" in one.text() for one in told.findChildren(QLabel))
    told.accept()


def test_a_folder_is_walked_and_many_files_go_in_several_requests(
    qtbot: QtBot, around: Rooms, page: LibraryPage, files: Callable[..., list[Path]], tmp_path: Path
) -> None:
    files(*(b"picture %d" % number for number in range(TOGETHER_FILES + 3)), folder="trip")
    (tmp_path / "trip" / "notes.txt").write_text("picture")
    (tmp_path / "trip" / ".hidden.jpg").write_text("picture")
    with qtbot.waitSignal(page.uploads.said, timeout=15_000) as said:
        page.uploads.send([tmp_path / "trip"])
    assert said.args[0] == f"{TOGETHER_FILES + 3} pictures added."
    assert [len(request) for request in around.shelf.requests] == [TOGETHER_FILES, 3]


def test_a_server_that_takes_few_at_once_gets_few(around: Rooms, files: Callable[..., list[Path]]) -> None:
    sizes: list[int] = []

    async def narrow(method: str, path: str, **arguments: Any) -> httpx.Response:
        sizes.append(len(arguments["files"]))
        if sizes[-1] > 2:
            raise ServerRejection("too_many_files", "Too many.", "Send fewer.", status=413)
        return await around.shelf.send(method, path, **arguments)

    paths = files(*(b"picture %d" % number for number in range(5)))
    assert run(Upload(narrow, paths, lambda told: None).run()).accepted == 5
    assert sizes == [5, 2, 2, 1]


def test_cancelling_stops_and_withdraws(
    qtbot: QtBot, around: Rooms, page: LibraryPage, files: Callable[..., list[Path]]
) -> None:
    around.shelf.open.clear()
    page.uploads.send(files(*(b"picture %d" % number for number in range(2 * TOGETHER_FILES))))
    qtbot.waitUntil(page.status.sending.isVisible)
    page.status.sending.cancel.click()
    around.background.call_soon(around.shelf.open.set)
    with qtbot.waitSignal(page.uploads.said, timeout=15_000) as said:
        pass
    assert said.args[0].startswith("Cancelled: ")
    assert len(around.shelf.requests) <= 1
    assert around.shelf.withdrawn == [f"b{number + 1}" for number in range(len(around.shelf.requests))]


def test_an_outage_is_told_with_what_went_well_before(
    qtbot: QtBot, around: Rooms, page: LibraryPage, files: Callable[..., list[Path]]
) -> None:
    around.shelf.failure = unreachable("it is starting")
    with qtbot.waitSignal(page.uploads.said, timeout=15_000) as said:
        page.uploads.send(files(b"picture"))
    assert said.args[1] == "alarm"
    assert said.args[2]
    assert not page.uploads.sending


def test_only_who_may_send_is_offered_to(page: LibraryPage, files: Callable[..., list[Path]]) -> None:
    paths = files(b"picture")
    assert page.tools.add.isVisible()
    page.uploads.withhold(frozenset({"uploads"}))
    assert not page.tools.add.isVisible()
    assert not drop(page, paths)
    page.uploads.withhold(frozenset())
    assert page.tools.add.isVisible()
    page.uploads.begin(VIEWER)
    assert not page.tools.add.isVisible()
    assert not drop(page, paths)
    page.uploads.send(paths)
    assert not page.uploads.sending


def test_words() -> None:
    assert sent_words(Sent()) == ("Nothing was sent: there are no pictures there.", "caution")
    assert sent_words(Sent(accepted=1)) == ("1 picture added.", "good")
    assert sent_words(Sent(accepted=3, cancelled=True, withdrawn=2))[0] == (
        "Cancelled: 2 pictures withdrawn. 1 picture had become part of the library already."
    )
    told = Sending(1, 3, 14_000_000, 80_000_000, 6_000_000.0, 11.0)
    assert sending_words(told) == "14 MB of 80 MB · 6 MB/s · 11 s left"


def jpeg(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def test_the_server_takes_what_the_desktop_sends(
    own_server: Server, new_person: NewPerson, files: Callable[..., list[Path]], tmp_path: Path
) -> None:
    person = new_person(own_server)
    person.ask(person.gallery.sign_in("manager", PASSWORD))
    told: list[Sending] = []
    paths = files(jpeg("red"), jpeg("blue"), jpeg("red"), b"no picture", b"")
    sent = person.ask(person.gallery.upload([*paths, tmp_path / "gone.jpg"], told.append).run())
    assert (sent.accepted, sent.duplicates, sent.failure) == (2, 1, None)
    assert {file.code for file in sent.refused} == {"not_a_picture", "empty", "file_unreadable"}
    assert told[-1].files_done == told[-1].files == 5
    assert told[-1].bytes_done == told[-1].bytes == sum(path.stat().st_size for path in paths)
    upload = person.gallery.upload(files(jpeg("green")), told.append)
    upload.stop()
    again = person.ask(upload.run())
    assert (again.cancelled, again.accepted) == (True, 0)
    viewer = new_person(own_server)
    viewer.ask(viewer.gallery.sign_in("viewer", PASSWORD))
    refused = viewer.ask(viewer.gallery.upload(paths, told.append).run())
    assert refused.failure is not None
    assert refused.failure.status == 403
