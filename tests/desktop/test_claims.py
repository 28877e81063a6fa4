"""The program says what its machine holds, and does what the server answers."""

from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.background import Background
from desktop.canvas.deliveries import Deliveries, Urgency
from desktop.canvas.pixels import DecodePool, PixelCache, PixelKey
from desktop.canvas.shield_page import ShieldReason
from desktop.client.errors import Failure, ServerRejection
from desktop.client.protection import LEVEL_NOT_HELD
from desktop.guard.events import GuardState, TripwireState
from tests.desktop.conftest import never
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import command
from tests.support.used import Start

LIVE = GuardState(live=True, reason="", tripwires=(TripwireState("reads of the screen", live=True),))


def test_the_program_does_what_the_server_says_holds(start: Start, data_dir: Path, tmp_path: Path) -> None:
    add_people(data_dir)
    used = start()
    used.signed_in("viewer")
    rooms = used.rooms
    notice = rooms.library.status
    reasons: list[ShieldReason] = []
    rooms.guarding.shield.raised.connect(reasons.append)

    # A guard that claims to live without a sentinel: the server does not believe it, and the page says so.
    used.until(lambda: rooms.claims._told is not None)
    rooms.background.run(rooms.guarding.stop(), None, never, rooms.window)
    used.until(lambda: rooms.guarding.pulse is None and not rooms.guarding.state.live)
    rooms.guarding._take_state(LIVE)

    def doubted() -> bool:
        rooms.guarding.set_level("guarded")  # whatever the list, which is empty, makes of it meanwhile
        return any("no sentinel that beats" in reason.explanation for reason in reasons)

    used.until(doubted)
    assert rooms.guarding.shield.up

    # What was read of something sealed strengthens the mark, here and there.
    strong: list[object] = []
    rooms.claims.strengthened.connect(lambda: strong.append(1))
    rooms.guarding.shield.strengthen_wanted.emit()
    used.until(lambda: bool(strong))

    # What an admin decides arrives while the program runs.
    change = ("--data-dir", str(data_dir))
    done = command("user", "exempt", "viewer", "--reason", "magnifier", *change, home=tmp_path)
    assert done.returncode == 0, done.stderr
    used.until(lambda: notice._notice.text().startswith("Assistive exemption: nothing is hidden"))
    assert rooms.guarding._rules.assistive
    assert command("user", "end-exemption", "viewer", *change, home=tmp_path).returncode == 0
    used.until(lambda: not notice._notice.text())
    assert not rooms.guarding._rules.assistive


class Keeper:
    """A server that keeps a picture back until its level is held."""

    def __init__(self) -> None:
        self.held = False
        self.asked = 0

    async def view(
        self, picture_id: str, rendition: str, *, column: int | None = None, row: int | None = None
    ) -> bytes:
        self.asked += 1
        if not self.held:
            raise ServerRejection(LEVEL_NOT_HELD, "It is not held.", "Wait.", status=403)
        return encoded(noise(64, 48, 1), "JPEG")


def test_what_was_kept_back_comes_when_its_level_is_held(
    qapp: QApplication, background: Background, qtbot: QtBot
) -> None:
    keeper, pool = Keeper(), DecodePool()
    deliveries = Deliveries(keeper, background, pool, PixelCache(1 << 20))
    arrived: list[QImage] = []
    failed: list[Failure] = []
    for name in ("one", "two"):
        deliveries.ask(PixelKey(name, "screen"), QSize(64, 48), Urgency.SEEN, arrived.append, failed.append)
    qtbot.waitUntil(lambda: len(deliveries._withheld) == 2)
    keeper.held = True
    deliveries.try_again()
    qtbot.waitUntil(lambda: len(arrived) == 2)
    assert failed == []
    assert keeper.asked == 4
    assert deliveries.waiting == 0
    pool.stop()
    deliveries.deleteLater()


def test_who_no_longer_waits_is_not_asked_for_again(
    qapp: QApplication, background: Background, qtbot: QtBot
) -> None:
    keeper, pool = Keeper(), DecodePool()
    deliveries = Deliveries(keeper, background, pool, PixelCache(1 << 20))
    want = deliveries.ask(PixelKey("one", "screen"), None, Urgency.NOW, lambda _: None, lambda _: None)
    qtbot.waitUntil(lambda: len(deliveries._withheld) == 1)
    want.cancel()
    deliveries.try_again()
    assert (keeper.asked, deliveries.waiting, deliveries._under_way) == (1, 0, 0)
    pool.stop()
    deliveries.deleteLater()
