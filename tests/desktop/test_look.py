"""The look keeps its contrast, follows the system, and has every icon that the program names."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo, QPalette
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from desktop.look.appearance import Appearance
from desktop.look.icons import Icons
from desktop.look.motion import asked_motion
from desktop.look.style import style_sheet
from desktop.look.tokens import DARK, LIGHT, Palette, contrast
from desktop.rooms import Rooms
from tests.desktop.conftest import never

ROOT = Path(__file__).parents[2]
GROUNDS = ("ground", "panel", "raised", "pressed", "stage", "hidden")


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_can_be_read(palette: Palette, ground: str) -> None:
    under = getattr(palette, ground)
    assert contrast(palette.strong, under) >= 7
    assert contrast(palette.normal, under) >= 4.5


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("tone", ["good", "caution", "alarm"])
def test_states_can_be_read(palette: Palette, tone: str) -> None:
    assert contrast(getattr(palette, tone), palette.panel) >= 4.5


def test_black_on_white_is_the_largest_contrast() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


def test_the_system_scheme_is_followed_while_running(qapp: QApplication, look: Appearance) -> None:
    hints = qapp.styleHints()
    # An X server without a desktop tells no scheme: the signal is what a desktop's change comes as.
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert look.palette is LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == LIGHT.panel
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert look.palette is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.panel


def test_a_page_shown_after_a_switch_is_as_if_qt_had_dressed_it(
    qapp: QApplication, look: Appearance, tmp_path: Path
) -> None:
    rooms = Rooms(qapp, tmp_path, on_session_lost=never, shown=lambda: (None, None))
    rooms.window.show()
    framed = (rooms.library, rooms.activity, rooms.people, rooms.trace, rooms.settings)
    differing = []
    rooms.window.show_page(rooms.entry)
    for number, page in enumerate((rooms.direct, rooms.viewer, *framed, rooms.entry)):
        palette = (LIGHT, DARK)[number % 2]
        rooms.look.use(palette)
        qapp.processEvents()
        assert not page.isVisible()
        if page in framed:
            rooms.frame.show_page(page)
        rooms.window.show_page(rooms.frame if page in framed else page)
        qapp.processEvents()
        ours = rooms.window.grab().toImage()
        # Qt's own way, which is slow, dresses everything.
        qapp.setStyleSheet(style_sheet(palette))
        if ours != rooms.window.grab().toImage():
            differing.append(type(page).__name__)
    look.use(DARK)
    rooms.window.hide()
    rooms.stop(sign_out=False)
    delete(rooms.window)
    assert differing == []


def test_icons_are_tinted_and_as_sharp_as_the_screen(look: Appearance) -> None:
    pixmap = look.icons.pixmap("heart", 18, "#E0B04C", 2.0)
    assert pixmap.width() == 36
    assert pixmap.devicePixelRatio() == 2.0
    image = pixmap.toImage()
    solid = [
        image.pixelColor(x, y).name().upper()
        for x in range(36)
        for y in range(36)
        if image.pixelColor(x, y).alpha() == 255
    ]
    assert solid
    assert set(solid) == {"#E0B04C"}


def test_an_icon_that_does_not_exist_is_a_mistake_of_ours(look: Appearance) -> None:
    with pytest.raises(FileNotFoundError):
        look.icons.pixmap("no-such-icon", 16, "#FFFFFF", 1.0)


def test_every_icon_named_in_the_program_ships(look: Appearance) -> None:
    shipped = {path.stem for path in (ROOT / "resources" / "icons").glob("*.svg")}
    named = set()
    pattern = re.compile(
        r"(?:IconButton\(\s*\w+(?:\.\w+)*,|\.pixmap\(|\.say\(|show_icon\(|_pair\()\s*\"([a-z0-9-]+)\""
    )
    for path in (ROOT / "desktop").rglob("*.py"):
        named |= set(pattern.findall(path.read_text(encoding="utf-8")))
    assert len(named) > 15
    assert named <= shipped


def test_rendered_icons_are_kept_until_the_palette_changes(look: Appearance) -> None:
    icons = Icons(ROOT / "resources" / "icons")
    first = icons.pixmap("star", 16, "#FFFFFF", 1.0)
    assert icons.pixmap("star", 16, "#FFFFFF", 1.0) is first
    icons.forget()
    assert icons.pixmap("star", 16, "#FFFFFF", 1.0) is not first


def test_the_type_is_inter(look: Appearance) -> None:
    assert QFontInfo(look.fonts.text()).family() == "Inter"


def test_nothing_moves_for_those_who_ask() -> None:
    assert asked_motion({"VAULTSECURE_REDUCED_MOTION": "1"}).calm == 0
    assert 120 <= asked_motion({}).quick <= asked_motion({}).calm <= 180
