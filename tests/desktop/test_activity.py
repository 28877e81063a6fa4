"""The keeper's pages in the real window, fed by the real server: what happened, how the gallery is set up."""

import base64
import io
import json
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QLabel

from desktop.admin.activity_table import ActivityModel
from desktop.admin.cards import ServicesCard
from desktop.admin.wording import count, duration, plural, service_tone, service_words, size
from desktop.client.records import ActivityEntry
from desktop.gallery.nav_row import NavRow
from desktop.look.appearance import Appearance
from local_server.accounts.models import Role
from tests.desktop.conftest import never
from tests.support.people import add_people
from tests.support.server import ROOT
from tests.support.used import Start, Used

SAMPLE = ROOT / "resources" / "samples" / "Blossom.jpg"


def small_jpeg() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), "#a03020").save(buffer, "JPEG")
    return base64.b64encode(buffer.getvalue()).decode()


def report(used: Used, **more: object) -> None:
    """Have the signed-in desktop report a capture attempt."""
    body = {
        "id": str(uuid.uuid4()),
        "time": datetime.now(UTC).isoformat(),
        "kind": "get_image",
        "level": "guarded",
        "culprit": {"pid": 4127, "name": "flameshot", "executable": "/usr/bin/flameshot", "script": None},
        "confidence": 1.0,
        "region": [0, 0, 1920, 1080],
        "picture_id": None,
        "shield_ms": 3.2,
        "hidden": True,
        "evidence": small_jpeg(),
    } | more
    done: list[object] = []
    rooms = used.rooms
    rooms.background.run(rooms.gallery.report_violation(body), done.append, never, used.program.window)
    used.until(lambda: bool(done))


def rows(used: Used) -> list[list[str]]:
    model = used.rooms.activity.table.entries
    return [
        [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def open_page(used: Used, name: str) -> None:
    row = next(row for row in used.rooms.library.sidebar.findChildren(NavRow) if row.text() == name)
    used.click(row)


def words_of(widget: object) -> str:
    assert hasattr(widget, "findChildren")
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_a_capture_attempt_appears_with_its_evidence(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    used = start()
    used.signed_in("admin")
    open_page(used, "Activity")
    page = used.rooms.activity
    used.until(lambda: len(rows(used)) > 0)
    report(used)
    used.until(lambda: any(row[2] == "Capture attempt" for row in rows(used)))
    row = rows(used)[0]
    assert row[1] == "admin"
    assert "flameshot" in row[4]
    assert "1920×1080" in row[4]
    used.until(lambda: "1" in words_of(page.cards[1]))
    used.until(lambda: "verified" in page.log.accessibleName())
    used.until(lambda: "SQLite" in words_of(page.services))
    used.until(lambda: "get image 1" in words_of(page.server))
    page.table.selectionModel().setCurrentIndex(
        page.table.entries.index(0, 0), QItemSelectionModel.SelectionFlag.SelectCurrent
    )
    used.until(page.evidence.picture.isVisible)
    assert page.evidence.picture.pixmap().width() == 320
    page.set_shielded(True)
    assert page.evidence.picture.pixmap().isNull()
    page.set_shielded(False)
    used.until(page.evidence.picture.isVisible)


def test_the_log_can_be_exported(start: Start, data_dir: Path, scratch: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    used = start()
    used.signed_in("admin")
    open_page(used, "Activity")
    target = scratch / "audit.jsonl"
    used.rooms.activity.export_to(target)
    used.until(lambda: target.exists() and used.rooms.activity.export_button.isEnabled())
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert any("sign" in str(line.get("kind")) for line in lines)
    used.rooms.activity.export_to(scratch / "missing" / "audit.jsonl")
    used.until(lambda: "cannot be written" in used.rooms.activity.toast.accessibleName())


def test_an_auditor_sees_what_happened_and_no_pictures(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("auditor", Role.AUDITOR))
    used = start()
    used.signed_in("auditor")
    assert used.rooms.activity.isVisible()
    used.until(lambda: len(rows(used)) > 0)
    assert not used.rooms.overlay.ready


def test_a_viewer_is_not_offered_the_activity_page(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    used.signed_in("viewer")
    row = next(row for row in used.rooms.library.sidebar.findChildren(NavRow) if row.text() == "Activity")
    assert not row.isVisible()
    used.program.window.actions_table.trigger("go.activity")
    assert not used.rooms.activity.isVisible()
    assert "role" in used.program.window.toast.accessibleName()


def test_settings_change_the_folder_and_name_every_refused_file(
    start: Start, data_dir: Path, scratch: Path
) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    shutil.copy(SAMPLE, scratch)
    (scratch / "broken.jpg").write_bytes(b"\xff\xd8\xff this is no picture")
    used = start()
    used.signed_in("admin")
    used.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    page = used.rooms.settings
    used.until(lambda: "None is chosen" in page.folder_label.text())
    page.change_folder(str(scratch))
    used.until(lambda: page.folder_label.text() == str(scratch))
    used.until(lambda: len(page.refused.files.files) == 1)
    refused = page.refused.files.files[0]
    assert refused.name == "broken.jpg"
    assert refused.reason
    used.until(lambda: "1 picture " in page.folder_state.text())
    shutil.copy(SAMPLE, scratch / "again.jpg")
    used.click(page.scan_button)
    used.until(lambda: "Looking" in page.toast.accessibleName())
    page.change_folder(str(scratch / "missing"))
    used.until(lambda: "missing" in page.toast.accessibleName() or "folder" in page.toast.accessibleName())


def test_settings_say_what_protects_the_gallery(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    used = start()
    used.signed_in("admin")
    used.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    page = used.rooms.settings
    used.until(lambda: "tripwires live" in words_of(page))
    used.until(lambda: "master.key" in words_of(page))
    signed_in = used.rooms.session.signed_in
    assert signed_in is not None
    assert signed_in.viewing_session.mark_id in words_of(page)
    assert str(data_dir) in words_of(page)


def test_a_viewer_changes_nothing_in_settings(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    used.signed_in("viewer")
    used.press(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    page = used.rooms.settings
    used.until(page.isVisible)
    assert not page.change_button.isVisible()
    assert not page.scan_button.isVisible()
    used.until(lambda: "tripwires live" in words_of(page))
    assert not page.toast.isVisible()


def entry(sequence: int) -> ActivityEntry:
    return ActivityEntry(
        sequence, datetime.now(UTC), "anna", "picture_opened", "info", "Opened", "", None, None, False
    )


def test_new_entries_come_on_top_and_older_ones_stay() -> None:
    model = ActivityModel()
    model.replace([entry(9), entry(8)], more=True)
    assert model.canFetchMore(model.index(-1, -1))
    model.append([entry(7)], more=False)
    model.replace([entry(10), entry(9)], more=True)
    assert [one.sequence for one in model.entries] == [10, 9, 8, 7]
    assert not model.canFetchMore(model.index(-1, -1))
    model.clear()
    assert model.rowCount() == 0


def test_numbers_are_written_for_people() -> None:
    assert count(12480) == "12,480"
    assert plural(1, "entry", "entries") == "1 entry"
    assert plural(2, "entry", "entries") == "2 entries"
    assert [duration(s) for s in (5, 65, 3700, 6 * 86400 + 4 * 3600)] == [
        "5 s",
        "1 min",
        "1 h 1 min",
        "6 d 4 h",
    ]
    assert [size(n) for n in (5, 41e9, 3e12)] == ["5 bytes", "41 GB", "3 TB"]


@pytest.mark.parametrize(
    ("name", "service", "words", "tone"),
    [
        ("database", {"status": "healthy", "kind": "sqlite", "latency_ms": 0.31}, "SQLite · 0.3 ms", "good"),
        ("queue", {"status": "healthy", "waiting": 0, "completed": 12480}, "0 waiting · 12,480 done", "good"),
        (
            "watcher",
            {"status": "healthy", "kind": "inotify", "seconds_behind": 0.2},
            "inotify · 0 s behind",
            "good",
        ),
        ("virus_scan", {"status": "not configured"}, "not configured", "faint"),
        ("storage", {"status": "unhealthy", "reason": "the disk is full"}, "the disk is full", "alarm"),
        ("worker", {"status": "degraded", "reason": "it is started again"}, "it is started again", "caution"),
        ("keys", {"status": "healthy", "kind": "key store"}, "in a key store", "good"),
        ("worker", {"status": "healthy", "alive": 2, "hosts": ["a", "b"]}, "2 workers elsewhere", "good"),
        ("redis", {"status": "degraded", "reason": "it is away"}, "it is away", "caution"),
    ],
)
def test_services_are_said_in_few_words(name: str, service: dict[str, object], words: str, tone: str) -> None:
    assert service_words(name, service) == words
    assert service_tone(service) == tone


def test_parts_outside_are_shown_where_the_house_has_them(look: Appearance) -> None:
    card = ServicesCard(look)
    embedded = {"redis": {"status": "not configured"}, "minio": {"status": "not configured"}}
    for services, there in ((embedded, False), ({"redis": {"status": "healthy"}}, True), ({}, False)):
        card.show_services(services)
        shown = [label.text() for label in card.findChildren(QLabel) if label.isVisibleTo(card)]
        assert ("Redis" in shown) is there
        assert "Object storage" not in shown
        assert "Virus scan" in shown


def test_what_is_switched_off_is_gone_at_once_and_comes_back(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("admin", Role.ADMIN))
    used = start()
    used.signed_in("admin")
    open_page(used, "Settings")
    card, window = used.rooms.settings.features, used.program.window
    used.until(lambda: ("command_palette", "admin") in card.boxes and card.isVisible())
    box = card.boxes["command_palette", "admin"]
    used.until(box.isChecked)
    assert window.actions_table.trigger("palette")
    window.command_palette.hide()
    box.click()
    used.until(lambda: not box.isChecked())
    used.until(lambda: not window.actions_table.trigger("palette"))
    assert all(action.id != "palette" for action in window.actions_table.handled())
    card.boxes["slideshow", "admin"].click()
    used.until(lambda: not card.boxes["slideshow", "admin"].isChecked())
    used.until(used.rooms.viewer.top._play.isHidden)
    box.click()
    used.until(box.isChecked)
    used.until(lambda: window.actions_table.trigger("palette"))
    window.command_palette.hide()


def test_switches_are_for_the_admin_alone(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    used = start()
    used.signed_in("manager")
    open_page(used, "Settings")
    used.until(used.rooms.settings.services.isVisible)
    assert not used.rooms.settings.features.isVisible()
