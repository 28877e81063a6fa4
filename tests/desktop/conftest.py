"""A real X display for every test process, the real server, and nothing left behind by any test."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from keyring.backend import KeyringBackend
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from desktop.background import Background
from desktop.client.address import Address
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.key_store import KeyStore
from desktop.client.session import Machine, Session
from desktop.client.transport import Transport
from desktop.command_line import Options, ViewRequest
from desktop.look.appearance import Appearance
from desktop.look.motion import Motion
from desktop.program import Program
from desktop.server_launch import bundled
from desktop.server_process import ServerProcess, ServerState, Timing
from tests.protection.stage import Screen
from tests.support.server import ROOT, Server, environment
from tests.support.used import PATIENCE_MS, Start, Used

T = TypeVar("T")
QUICK = Timing(first_pause=0.05, longest_pause=0.1)
MACHINE = Machine("desktop-tests", "desktop tests")


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """Run an X server of our own."""
    made = Screen(tmp_path_factory.mktemp("screen"), "-screen", "0", "1440x900x24")
    yield made
    made.close()


@pytest.fixture(scope="session")
def qapp(screen: Screen) -> Iterator[QApplication]:
    """Run one Qt application on our own X server; it goes before its server goes."""
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "DBUS_SESSION_BUS_ADDRESS"):
        os.environ.pop(name, None)
    os.environ.update({"DISPLAY": screen.name, "XAUTHORITY": str(screen.authority)})
    application = QApplication(["vaultsecure-tests"])
    application.setQuitOnLastWindowClosed(False)
    yield application
    application.closeAllWindows()
    delete(application)


@pytest.fixture(scope="session")
def look(qapp: QApplication) -> Appearance:
    """Dress the application; nothing moves."""
    return Appearance(qapp, ROOT / "resources", Motion(reduced=True))


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a window or a running timer behind."""
    threads = set(threading.enumerate())
    timers = _running_timers()
    yield
    application = QApplication.instance()
    if isinstance(application, QApplication):
        for _ in range(3):
            application.processEvents()
            application.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        windows = [widget for widget in application.topLevelWidgets() if widget.isVisible()]
        assert not windows, f"left open: {windows}"
    deadline = time.monotonic() + 5
    while left := [thread for thread in threading.enumerate() if thread not in threads and not thread.daemon]:
        assert time.monotonic() < deadline, f"left running: {left}"
        time.sleep(0.01)
    gc.collect()
    assert not (left_timers := _running_timers() - timers), f"left ticking: {left_timers}"


@pytest.fixture
def background(qapp: QApplication) -> Iterator[Background]:
    """Run an io thread."""
    made = Background()
    yield made
    made.stop()


class Person:
    """One desktop's client, as one person; coroutines run on the io thread."""

    def __init__(self, server: Server, background: Background, qtbot: QtBot, key_store: KeyStore) -> None:
        self.background = background
        self._qtbot = qtbot
        self._owner = QObject()
        self.lost: list[Failure] = []
        self.transport = Transport(address_of(server))
        self.session = Session(
            self.transport, key_store, MACHINE, clock=time.monotonic, on_lost=self.lost.append
        )
        self.gallery = Gallery(self.transport, self.session)

    def ask(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine, the GUI thread alive meanwhile; raises what it raises."""
        done: list[T] = []
        failed: list[Failure] = []
        self.background.run(coroutine, done.append, failed.append, self._owner)
        self._qtbot.waitUntil(lambda: bool(done or failed), timeout=PATIENCE_MS)
        if failed:
            raise failed[0]
        return done[0]


NewPerson = Callable[[Server], Person]


@pytest.fixture
def new_person(background: Background, qtbot: QtBot) -> Iterator[NewPerson]:
    """Return what makes a client of a server that nobody is signed in through."""
    made: list[Person] = []

    def make(server: Server) -> Person:
        made.append(Person(server, background, qtbot, no_key_store()))
        return made[-1]

    yield make
    for person in made:
        person.ask(person.transport.close())


def address_of(server: Server) -> Address:
    """Return where a test's server is."""
    return Address(f"http://127.0.0.1:{server.port}", server.secret)


class MemoryKeyring(KeyringBackend):
    """A key store that lives as long as a test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring leaves it so
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


def no_key_store() -> KeyStore:
    """Return the store of a machine that has none."""
    return KeyStore("test", lambda: None)


def no_browser(url: str) -> bool:
    """Be a machine without a browser."""
    return not url


def never(what: object) -> None:
    """Fail: this callback was not to be called."""
    pytest.fail(f"called with {what!r}")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, on a loop of its own."""
    return asyncio.run(coroutine)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Wait without Qt; the time is there to end a test that hangs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s: {what}"
        time.sleep(0.01)


def _running_timers() -> set[QTimer]:
    return {
        thing
        for thing in gc.get_objects()
        # Asking a dead weak proxy for its class, as isinstance does, fails; its type is at hand.
        if issubclass(type(thing), QTimer) and isValid(thing) and thing.isActive()
    }


@pytest.fixture
def start(
    qapp: QApplication, qtbot: QtBot, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    """Return what starts the program on `data_dir`; settings are the server's variables."""
    running: list[Used] = []

    def begin(
        key_store: KeyStore | None = None,
        view: ViewRequest | None = None,
        open_url: Callable[[str], bool] = no_browser,
        **settings: str,
    ) -> Used:
        for name, value in environment(tmp_path, settings).items():
            if name not in ("PYTHONWARNINGS", "PATH"):
                monkeypatch.setenv(name, value)
        server = ServerProcess(bundled(data_dir), QUICK)
        program = Program(
            qapp, Options(data_dir, view), server, key_store=key_store or no_key_store(), open_url=open_url
        )
        used = Used(program, server, qtbot)
        running.append(used)
        server.start()
        program.start()
        listener = server._listener
        assert listener is not None

        def both(state: ServerState) -> None:
            used.states.append(state)
            listener(state)

        server.listen(both)
        return used

    yield begin
    for used in running:
        used.program.stop()
        used.server.stop()
        delete(used.program.window)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Return a folder of this test."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder
