"""What an admin says about captures, in the real window on the real server: judged, quiet, and exempt."""

from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from desktop.admin.exemption_dialog import GrantExemption
from desktop.admin.judgement import JudgeCapture
from desktop.admin.people_dialogs import Confirm
from desktop.look.dialog import AskingDialog
from local_server.accounts.models import Role
from tests.desktop.test_activity import open_page, report, rows, words_of
from tests.support.people import add_people
from tests.support.used import Start, Used

D = TypeVar("D", bound=AskingDialog)


def asked(used: Used, page: QWidget, kind: type[D]) -> D:
    used.until(lambda: any(one.isVisible() for one in page.findChildren(kind)))
    return next(one for one in page.findChildren(kind) if one.isVisible())


def refusal(used: Used, dialog: AskingDialog) -> str:
    """Press the button, and return what is said against it once every word has its room."""
    QTest.mouseClick(dialog.do, Qt.MouseButton.LeftButton)
    said = [one for one in dialog.findChildren(QLabel) if not one.isHidden()]
    used.until(lambda: all(one.height() >= one.heightForWidth(one.width()) for one in said))
    return dialog._problem.text() if dialog._problem.isVisible() else ""


def test_a_capture_is_judged_and_its_program_is_quiet_until_that_is_ended(
    start: Start, data_dir: Path
) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    used = start()
    used.signed_in("admin")
    open_page(used, "Activity")
    page = used.rooms.activity
    report(used)
    used.until(lambda: any("flameshot" in row[4] for row in rows(used)))
    assert not page.evidence.judge.isVisible(), "nothing is chosen yet"
    page.table.setCurrentIndex(page.table.entries.index(0, 0))
    used.until(page.evidence.judge.isVisible)
    used.click(page.evidence.judge)
    dialog = asked(used, page, JudgeCapture)
    assert "flameshot" in words_of(dialog)
    assert "note is missing" in refusal(used, dialog)
    used.type(dialog.note, "Takes pictures for the handbook")
    dialog.quiet.setChecked(True)
    used.type(dialog.days, "0")
    assert "from 1 to 90" in refusal(used, dialog)
    # Nobody quietens what was real.
    dialog.choice.setCurrentIndex(dialog.choice.findData("real"))
    assert (dialog.quiet.isVisible(), dialog.quiet.isChecked()) == (False, False)
    dialog.choice.setCurrentIndex(dialog.choice.findData("false_alarm"))
    dialog.quiet.setChecked(True)
    used.type(dialog.days, "7")
    assert refusal(used, dialog) == ""
    used.until(lambda: "1 attempt · 1 false alarm" in words_of(page.ledger))
    used.until(lambda: "Takes pictures for the handbook" in words_of(page.ledger))
    used.until(lambda: any(row[2] == "Capture judged" for row in rows(used)))
    (end,) = page.ledger.findChildren(QPushButton)
    assert end.accessibleName() == "Take /usr/bin/flameshot off the quiet list"
    end.click()
    used.click(asked(used, page, Confirm).do)
    used.until(lambda: "handbook" not in words_of(page.ledger))


def test_somebody_is_exempt_for_a_reason_until_that_is_ended(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN), ("viewer", Role.VIEWER))
    used = start()
    used.signed_in("admin")
    open_page(used, "People")
    page = used.rooms.people
    used.until(lambda: len(page.table.people.people) == 2)
    page.table.select(next(one.id for one in page.table.people.people if one.name == "viewer"))
    used.click(page.side.person.exemption)
    dialog = asked(used, page, GrantExemption)
    assert "reason is missing" in refusal(used, dialog)
    used.type(dialog.reason, "Uses a magnifier")
    dialog.until.setChecked(False)
    assert not dialog.day.isEnabled()
    assert refusal(used, dialog) == ""
    used.until(lambda: "Uses a magnifier" in words_of(page.side.person))
    used.click(page.side.person.exemption)
    used.click(asked(used, page, Confirm).do)
    used.until(lambda: "None: captures hide pictures" in words_of(page.side.person))
