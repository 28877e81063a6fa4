"""From the first start to a signed-in person and back, in the real window, with mouse and keys."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton

from desktop.client.key_store import KeyStore
from desktop.entry.policy import hints
from desktop.server_process import Phase
from local_server.accounts.models import Role
from tests.desktop.conftest import MemoryKeyring
from tests.support.access import Authenticator
from tests.support.people import add_people
from tests.support.server import PASSWORD, command
from tests.support.used import Start, Used


def test_first_run_makes_the_first_admin(start: Start) -> None:
    used = start()
    page = used.rooms.entry.welcome
    used.until(page.isVisible)
    used.click(page.samples_button)
    assert "name" in page.notice.words.text()
    used.type(page.name.line, "anna")
    used.type(page.password.line, "anna")
    used.click(page.samples_button)
    assert "password" in page.notice.words.text()
    used.type(page.password.line, PASSWORD)
    used.type(page.confirmation.line, PASSWORD + "x")
    used.click(page.samples_button)
    assert page.notice.isVisible()
    used.type(page.confirmation.line, PASSWORD)
    used.click(page.samples_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)
    assert not page.password.text()
    assert not page.confirmation.text()


def test_the_servers_refusal_is_shown_on_the_welcome_page(start: Start) -> None:
    used = start()
    page = used.rooms.entry.welcome
    used.until(page.isVisible)
    used.type(page.name.line, "anna")
    for line in (page.password.line, page.confirmation.line):
        used.type(line, "password123")
    used.click(page.samples_button)
    used.until(page.notice.isVisible)
    assert "lists" in page.notice.words.text()


def test_a_folder_that_is_not_there_is_named(start: Start, tmp_path: Path) -> None:
    used = start()
    page = used.rooms.entry.welcome
    used.until(page.isVisible)
    used.type(page.name.line, "anna")
    for line in (page.password.line, page.confirmation.line):
        used.type(line, PASSWORD)
    used.type(page.folder.line, str(tmp_path / "missing"))
    used.click(page.open_button)
    assert str(tmp_path / "missing") in page.notice.words.text()


def test_sign_in_with_the_keyboard_alone(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    used = start()
    used.signed_in("manager")
    assert not used.rooms.entry.sign_in.password.text()
    assert used.rooms.session.signed_in is not None


def test_a_wrong_password_is_said_and_can_be_mended(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    used.sign_in("viewer", "not this one")
    used.until(lambda: bool(used.notice))
    assert "wrong" in used.notice
    used.signed_in("viewer")


def test_a_locked_account_counts_down(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    for _ in range(20):
        used.sign_in("viewer", "not this one")
        used.until(lambda: bool(used.notice) and used.rooms.entry.sign_in.open_button.isEnabled())
        if used.rooms.entry.sign_in.notice.counting:
            break
    first = used.notice
    assert "Try again in" in first
    used.until(lambda: used.notice != first)
    used.sign_in("viewer")
    assert used.rooms.session.signed_in is None


def test_too_many_tries_count_down(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start(SIGN_IN_RATE="1/minute")
    used.sign_in("nobody", "not this one")
    used.until(lambda: bool(used.notice))
    used.sign_in("nobody", "not this one")
    used.until(lambda: "Try again in" in used.notice)


def test_empty_fields_are_asked_for(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    page = used.rooms.entry.sign_in
    used.until(page.isVisible)
    used.click(page.open_button)
    assert used.notice == "Type your name."
    used.type(page.name.line, "viewer")
    used.click(page.open_button)
    assert used.notice == "Type your password."


def test_the_eye_shows_the_password_and_hides_it_again(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    page = used.rooms.entry.sign_in
    used.until(page.isVisible)
    eye = next(
        button for button in page.password.findChildren(QAbstractButton) if "password" in button.toolTip()
    )
    used.type(page.password.line, "secret words")
    assert page.password.line.displayText() != "secret words"
    used.click(eye)
    assert page.password.line.displayText() == "secret words"
    used.click(eye)
    assert page.password.line.displayText() != "secret words"


def test_lock_forgets_everything_and_asks_the_same_person(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    used = start()
    used.signed_in("manager")
    used.until(lambda: used.rooms.overlay.ready)
    used.press(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    page = used.rooms.entry.sign_in
    used.until(page.isVisible)
    assert_nothing_known(used)
    assert page.name.line.isReadOnly()
    assert page.name.text() == "manager"
    used.type(page.password.line, PASSWORD)
    used.click(page.open_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)


def test_sign_out_forgets_everything(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN), ("viewer", Role.VIEWER))
    used = start()
    used.signed_in("admin")
    used.until(lambda: used.rooms.overlay.ready)
    used.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    used.until(used.rooms.settings.isVisible)
    used.click(used.rooms.settings.sign_out_button)
    used.until(used.rooms.entry.sign_in.isVisible)
    assert_nothing_known(used)
    assert not used.rooms.entry.sign_in.name.line.isReadOnly()
    used.signed_in("viewer")


def assert_nothing_known(used: Used) -> None:
    rooms = used.rooms
    used.until(lambda: rooms.session.signed_in is None)
    assert not rooms.overlay.ready
    assert len(rooms.pictures.cache) == len(rooms.thumbnails.cache) == 0
    assert not rooms.library.model.pictures
    assert rooms.viewer.picture is None


def test_a_session_that_the_server_ended_leads_to_sign_in_and_back(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    used = start()
    used.signed_in("admin")
    used.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    used.until(used.rooms.settings.isVisible)
    token = used.rooms.session.signed_in
    assert token is not None
    used.rooms.background.run(
        used.rooms.transport.request("DELETE", "/api/session", token=token.access_token),
        None,
        lambda failure: None,
        used.program.window,
    )
    used.until(used.rooms.entry.sign_in.isVisible)
    assert "session" in used.notice.casefold()
    used.type(used.rooms.entry.sign_in.password.line, PASSWORD)
    used.click(used.rooms.entry.sign_in.open_button)
    used.until(used.rooms.settings.isVisible)


def test_the_server_is_killed_while_somebody_looks(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    used = start()
    used.signed_in("admin")
    used.until(lambda: used.rooms.overlay.ready)
    os.kill(used.pid(), signal.SIGKILL)
    used.until(lambda: sum(state.phase is Phase.READY for state in used.states) >= 2)
    used.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    used.until(used.rooms.settings.isVisible)
    used.until(lambda: used.rooms.settings.folder_label.text() != "…")
    assert used.program.window.page is used.rooms.frame


def test_safe_mode_says_what_is_wrong_and_how_to_go_on(start: Start, data_dir: Path) -> None:
    data_dir.mkdir()
    torn = data_dir / "catalogue.db"
    torn.write_bytes(b"this is no database, and long enough that it cannot be taken for an empty one" * 64)
    used = start()
    page = used.rooms.entry.safe_mode
    used.qtbot.waitUntil(lambda: "atalogue" in page.findings_text(), timeout=60_000)
    torn.unlink()
    used.click(page.again_button)
    used.until(used.rooms.entry.welcome.isVisible)


def test_kept_signed_in_opens_without_a_password(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    ring = MemoryKeyring()
    used = start(KeyStore("gallery", lambda: ring))
    page = used.rooms.entry.sign_in
    used.until(page.isVisible)
    used.click(page.keep)
    used.signed_in("viewer")
    assert ring.kept
    used.program.stop()
    used.server.stop()
    again = start(KeyStore("gallery", lambda: ring))
    again.until(lambda: again.program.window.page is again.rooms.frame)


def test_without_a_key_store_it_is_said(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    page = used.rooms.entry.sign_in
    used.until(page.isVisible)
    used.click(page.keep)
    used.signed_in("viewer")
    toast = used.program.window.toast
    used.until(toast.isVisible)
    assert "not kept signed in" in toast.accessibleName()


@pytest.mark.parametrize(
    ("password", "confirmation", "kept"),
    [
        ("", "", (False, False, False, False)),
        ("short", "short", (False, True, True, True)),
        ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", (True, False, True, True)),
        ("anna-anna-anna", "anna-anna-anna", (True, False, False, True)),
        ("seven wet geese", "seven wet goose", (True, True, True, False)),
        ("seven wet geese", "seven wet geese", (True, True, True, True)),
    ],
)
def test_hints(password: str, confirmation: str, kept: tuple[bool, ...]) -> None:
    assert tuple(hint.kept for hint in hints("anna", password, confirmation)) == kept


def test_closing_the_window_ends_the_session(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    used.signed_in("viewer")
    used.program.stop()
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as catalogue:
        ends = catalogue.execute("SELECT end_reason FROM viewing_sessions").fetchall()
    assert len(ends) == 1
    assert ends[0][0] is not None


def test_the_program_leaves_no_process(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    used = start()
    used.signed_in("admin")
    used.until(lambda: used.rooms.guarding.state.live)
    used.program.stop()
    used.server.stop()
    left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    _, alive = psutil.wait_procs(left, 10)
    assert not alive


NEW = "nine dry swans on a lake"


def must_change(data_dir: Path, name: str) -> None:
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE accounts SET must_change_password = 1 WHERE name = ?", (name,))


def test_a_password_that_is_due_is_changed_before_anything_is_shown(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    must_change(data_dir, "manager")
    used = start()
    used.sign_in("manager")
    page = used.rooms.entry.new_password
    used.until(page.isVisible)
    assert used.rooms.session.signed_in is None
    assert not used.rooms.entry.sign_in.password.text()
    used.type(page.password.line, "short")
    used.type(page.confirmation.line, "short")
    used.click(page.save_button)
    assert page.notice.isVisible()
    for line in (page.password.line, page.confirmation.line):
        used.type(line, PASSWORD)
    used.click(page.save_button)
    used.until(lambda: "before" in page.notice.words.text() and page.save_button.isEnabled())
    for line in (page.password.line, page.confirmation.line):
        used.type(line, NEW)
    used.click(page.save_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)
    assert not page.password.text()
    assert used.rooms.session.signed_in is not None


def test_who_gives_up_a_new_password_is_asked_to_sign_in(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    must_change(data_dir, "manager")
    used = start()
    used.sign_in("manager")
    page = used.rooms.entry.new_password
    used.until(page.isVisible)
    used.click(page.back_button)
    used.until(used.rooms.entry.sign_in.isVisible)
    assert used.rooms.session.signed_in is None


def test_a_second_factor_is_set_up_where_it_is_needed_and_asked_for_from_then_on(
    start: Start, data_dir: Path
) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    used = start(REQUIRE_SECOND_FACTOR="manager")
    used.sign_in("manager")
    page = used.rooms.entry.second_factor
    used.until(lambda: page.isVisible() and bool(page.secret.text()))
    app = Authenticator(page.secret.text().replace(" ", ""))
    assert page.picture.pixmap().width() > 100
    used.type(page.code.line, app.wrong())
    used.click(page.confirm_button)
    used.until(lambda: page.notice.isVisible() and page.confirm_button.isEnabled())
    used.type(page.code.line, app.code())
    used.click(page.confirm_button)
    used.until(page.open_button.isVisible)
    recovery = page.secret.text().split()
    assert len(recovery) == 10
    used.click(page.open_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)
    assert not page.secret.text()
    used.program.lock()
    sign_in = used.rooms.entry.sign_in
    used.until(sign_in.isVisible)
    assert not sign_in.code.isVisible()
    used.type(sign_in.password.line, PASSWORD)
    used.click(sign_in.open_button)
    used.until(sign_in.code.isVisible)
    assert "authenticator" in used.notice
    used.type(sign_in.code.line, recovery[0])
    used.click(sign_in.open_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)
    assert not sign_in.code.text()


def test_a_one_time_code_leads_to_a_new_password(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    done = command(
        "user", "reset-code", "manager", "--json", "--data-dir", str(data_dir), home=data_dir.parent
    )
    code = json.loads(done.stdout)["reset_code"]
    used = start()
    page = used.rooms.entry.sign_in
    used.until(lambda: page.isVisible() and page.open_button.isEnabled())
    used.type(page.name.line, "manager")
    used.click(page.forgotten_button)
    assert not page.password.isVisible()
    used.type(page.one_time.line, "AAAA-BBBB-CCCC-DDDD")
    used.click(page.open_button)
    used.until(lambda: "code is wrong" in used.notice and page.open_button.isEnabled())
    used.type(page.one_time.line, code.lower())
    used.click(page.open_button)
    chosen = used.rooms.entry.new_password
    used.until(chosen.isVisible)
    for line in (chosen.password.line, chosen.confirmation.line):
        used.type(line, NEW)
    used.click(chosen.save_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)
