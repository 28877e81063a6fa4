"""The card of one's own sign-in on the settings page: password and second factor, at the real server."""

from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import QDialog, QLabel

from desktop.admin.own_sign_in_dialogs import AskPassword, ChangePassword, ConfirmFactor, ShowRecovery
from local_server.accounts.models import Role
from tests.support.access import NEW_PASSWORD, Authenticator
from tests.support.people import add_people
from tests.support.server import PASSWORD
from tests.support.used import Start, Used

D = TypeVar("D", bound=QDialog)


def dialog(used: Used, kind: type[D]) -> D:
    page = used.rooms.settings
    used.until(lambda: any(one.isVisible() for one in page.findChildren(kind)))
    return next(one for one in page.findChildren(kind) if one.isVisible())


def words_of(widget: QDialog) -> str:
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if not one.isHidden())


def test_a_password_is_changed_and_a_second_factor_set_up_and_asked_for(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    used.signed_in("viewer")
    used.program.pages.choose("settings")
    card = used.rooms.settings.sign_in
    used.click(card.password)
    asked = dialog(used, ChangePassword)
    used.type(asked.current, "not this one")
    used.type(asked.new, NEW_PASSWORD)
    used.type(asked.again, NEW_PASSWORD + "x")
    used.click(asked.do)
    assert "twice alike" in words_of(asked)
    used.type(asked.again, NEW_PASSWORD)
    used.click(asked.do)
    used.until(asked.do.isEnabled)
    assert "Caps Lock" in words_of(asked)
    used.type(asked.current, PASSWORD)
    used.click(asked.do)
    used.until(lambda: "changed" in used.rooms.settings.toast.accessibleName())
    assert used.rooms.session.signed_in is not None

    used.click(card.set_up)
    first = dialog(used, AskPassword)
    used.type(first.password, NEW_PASSWORD)
    used.click(first.do)
    second = dialog(used, ConfirmFactor)
    app = Authenticator(second.secret.text().replace(" ", ""))
    used.type(second.code, app.wrong())
    used.click(second.do)
    used.until(second.do.isEnabled)
    assert second.secret.text(), "a wrong code keeps the secret in view"
    used.type(second.code, app.code())
    used.click(second.do)
    shown = dialog(used, ShowRecovery)
    codes = shown.codes.text().split("\n")
    assert len(codes) == 10
    used.click(shown.do)

    used.program.sign_out()
    used.sign_in("viewer", NEW_PASSWORD)
    page = used.rooms.entry.sign_in
    used.until(page.code.isVisible)
    used.type(page.code.line, codes[0])
    used.click(page.open_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)

    used.program.pages.choose("settings")
    used.click(card.remove)
    last = dialog(used, AskPassword)
    used.type(last.password, NEW_PASSWORD)
    used.click(last.do)
    used.until(lambda: "removed" in used.rooms.settings.toast.accessibleName())
