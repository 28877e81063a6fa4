"""The settings page: gallery folder, refused files, what protects this gallery, its health and versions."""

import platform
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal, qVersion
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop import VERSION
from desktop.admin.cards import FactsCard, Panel, ServicesCard
from desktop.admin.features import FeaturesCard
from desktop.admin.own_sign_in import SignInCard
from desktop.admin.refused import RefusedList
from desktop.admin.wording import plural
from desktop.background import Background, LiveEvents, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.models import GalleryFolder, RefusedPage, SignedIn
from desktop.client.records import Health
from desktop.guard.events import GuardState
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label
from desktop.look.toast import Toast

REFRESH_MS = 5000
LIST_HEIGHT = 420
SIDE_WIDTH = 440
ABOUT = ("Signed in as", "Version", "Server", "Qt and Python", "Data folder")
PROTECTION = (
    "Level of pictures in no album",
    "Mark of this session",
    "Capture guard",
    "Keys of stored pictures",
)


class SettingsPage(QWidget):
    """Shows how this gallery is set up, and lets the admin change what can be changed."""

    sign_out_requested = Signal()
    lock_requested = Signal()
    guard_requested = Signal()
    own_records_requested = Signal()
    failed = Signal(object)

    def __init__(
        self, look: Appearance, gallery: Gallery, background: Background, live: LiveEvents, data_dir: Path
    ) -> None:
        super().__init__()
        self._look = look
        self._gallery = gallery
        self._background = background
        self._data_dir = data_dir
        self._tasks: dict[str, Task] = {}
        self._cursor: str | None = None
        self._folder: GalleryFolder | None = None
        self._protection = FactsCard(look, "Protection", PROTECTION)
        self._about = FactsCard(look, "This program", ABOUT)
        self._curates = self._administers = False
        self.folder_label = label("…", "bold")
        self.folder_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.folder_state = label("", "normal", wrap=True)
        self.change_button = button("Change…")
        self.scan_button = button("Look for new pictures")
        self.refused_title = label("Files that did not become pictures", "bold")
        self.refused = RefusedList(look)
        self._none_refused = label("Every file has become a picture.", "normal")
        self.services = ServicesCard(look)
        self.features = FeaturesCard(look)
        self.sign_in = SignInCard(look, gallery, background, self)
        self.guard_button = button("Start the capture guard again")
        self.guard_button.hide()
        self.own_records_button = button("What is recorded about me…")
        self.lock_button = button("Lock")
        self.sign_out_button = button("Sign out")
        self.data_button = button("Open the data folder")
        self.toast = Toast(look, self)
        self._lay_out()
        self.setProperty("surface", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self.change_button.clicked.connect(self._choose)
        self.scan_button.clicked.connect(self.rescan)
        self.guard_button.clicked.connect(self.guard_requested)
        self.own_records_button.clicked.connect(self.own_records_requested)
        self.lock_button.clicked.connect(self.lock_requested)
        self.sign_out_button.clicked.connect(self.sign_out_requested)
        self.data_button.clicked.connect(self._open_data)
        self.features.switched.connect(self._switch)
        self.sign_in.said.connect(self.toast.say)
        self.refused.files.more_wanted.connect(self._fetch_more)
        live.happened.connect(self._happened)

    def begin(self, signed_in: SignedIn) -> None:
        """Show the page for this person."""
        account = signed_in.account
        self._about.say("Signed in as", f"{account.name} ({account.role})")
        self._protection.say("Mark of this session", signed_in.viewing_session.mark_id)
        self._protection.say("Level of pictures in no album", signed_in.default_level.capitalize())
        self._curates = account.curates
        self._administers = account.role == "admin"
        self.features.setVisible(self._administers)
        self.change_button.setVisible(account.role == "admin")
        self._folder_box.setVisible(account.curates)
        self._refused_box.setVisible(account.curates)

    def show_guard(self, state: GuardState) -> None:
        """Show which tripwires are live, and why the others are not."""
        words = (
            f"{state.live_tripwires} of {len(state.tripwires)} tripwires live" if state.live else state.reason
        )
        blind = [f"{tripwire.name}: {tripwire.reason}" for tripwire in state.tripwires if not tripwire.live]
        self._protection.say("Capture guard", "\n".join([words, *blind]) if state.live else words)
        self.guard_button.setVisible(state.dead)

    def refresh(self) -> None:
        """Fetch everything again, while the page is in view."""
        if not self.isVisible():
            return
        if self._curates:
            self._run("gallery", self._gallery.gallery(), self._show_folder)
            self._run("refused", self._gallery.refused(), self._show_refused)
        if self._administers:
            self._run("features", self._gallery.all_features(), self.features.show_features)
        self._run("health", self._gallery.health(), self._show_health)
        self._timer.start(REFRESH_MS)

    def change_folder(self, folder: str) -> None:
        """Watch another folder."""

        def done(changed: GalleryFolder) -> None:
            self._show_folder(changed)
            self.toast.say(f"The gallery folder is {changed.folder} now.", "good")

        self._run("change", self._gallery.set_gallery(folder), done)

    def rescan(self) -> None:
        """Look through the gallery folder now."""
        self._run("scan", self._gallery.scan(), lambda _: self.toast.say("Looking for new pictures.", "good"))

    def _switch(self, name: str, role: str, on: bool) -> None:
        asked = self._gallery.switch_feature(name, role, on)
        self._run(f"switch {name} {role}", asked, self.features.show_feature)

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch what is new."""
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Fetch no more."""
        self._timer.stop()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(label("Settings", "large"))
        top.addStretch(1)
        top.addWidget(self.own_records_button)
        top.addWidget(self.lock_button)
        top.addWidget(self.sign_out_button)
        left = QVBoxLayout()
        left.setSpacing(12)
        self._folder_box, self._refused_box = self._folder_panel(), self._refused_panel()
        left.addWidget(self._folder_box)
        left.addWidget(self._refused_box)
        left.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addLayout(left, 1)
        below.addWidget(self._side())
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 14, 20)
        column.setSpacing(16)
        column.addLayout(top)
        column.addLayout(below, 1)
        top.setContentsMargins(0, 0, 10, 0)

    def _folder_panel(self) -> Panel:
        panel = Panel(self._look)
        words = QVBoxLayout()
        words.addWidget(label("Gallery folder", "small"))
        words.addWidget(self.folder_label)
        words.addWidget(self.folder_state)
        row = QHBoxLayout()
        row.addLayout(words, 1)
        row.addWidget(self.scan_button)
        row.addWidget(self.change_button)
        panel.column.addLayout(row)
        return panel

    def _refused_panel(self) -> Panel:
        panel = Panel(self._look)
        panel.column.addWidget(self.refused_title)
        panel.column.addWidget(self._none_refused)
        panel.column.addWidget(self.refused)
        self.refused.setMinimumHeight(LIST_HEIGHT)
        return panel

    def _side(self) -> QScrollArea:
        """Make the column of facts, which scrolls in a low window."""
        self._about.column.addWidget(self.data_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._about.say("Version", VERSION)
        self._about.say("Qt and Python", f"{qVersion()}, {platform.python_version()}")
        self._about.say("Data folder", str(self._data_dir))
        inside = QWidget()
        inside.setFixedWidth(SIDE_WIDTH)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._protection.column.addWidget(self.guard_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.sign_in)
        column.addWidget(self._protection)
        column.addWidget(self.services)
        column.addWidget(self.features)
        column.addWidget(self._about)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setFixedWidth(SIDE_WIDTH + 10)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)  # QScrollArea.setWidget has switched it on
        return scroll

    def _run(self, name: str, coroutine: object, on_done: Callable[..., None]) -> None:
        if name in self._tasks and not self._tasks[name].finished:
            self._tasks[name].cancel()
        self._tasks[name] = self._background.run(coroutine, on_done, self._report, self)  # type: ignore[arg-type]  # each pair fits; the dictionary of them cannot say so

    def _happened(self, kind: str, data: dict[str, object]) -> None:
        if (
            kind in ("picture_refused", "gallery_changed", "service_state", "features_changed")
            and self.isVisible()
        ):
            self._timer.start(300)

    def _show_folder(self, folder: GalleryFolder) -> None:
        self._folder = folder
        self.folder_label.setText(folder.folder or "None is chosen yet")
        if folder.folder is None:
            state = "Choose the folder whose pictures this gallery shows."
        elif not folder.exists:
            state = "The folder is not there. Connect its disk, or choose another."
        elif not folder.readable:
            state = "The folder cannot be read. Give this account the right to read it, or choose another."
        else:
            watching = "watched" if folder.watching else "not watched; it is looked through now and then"
            taken, refused = plural(folder.pictures, "picture"), plural(folder.refused, "file")
            state = f"{taken} · {refused} refused · {watching}"
        self.folder_state.setText(state)
        self.refused_title.setText(f"Files that did not become pictures: {folder.refused:,}")
        self.refused.setVisible(folder.refused > 0)
        self._none_refused.setVisible(folder.refused == 0)

    def _show_refused(self, page: RefusedPage) -> None:
        if tuple(self.refused.files.files[: len(page.items)]) != page.items or not page.items:
            self._cursor = page.next
            self.refused.files.replace(page)

    def _fetch_more(self) -> None:
        def arrived(page: RefusedPage) -> None:
            self._cursor = page.next
            self.refused.files.append(page)

        if self._cursor is not None:
            self._run("more", self._gallery.refused(self._cursor), arrived)

    def _show_health(self, health: Health) -> None:
        self.services.show_services(health.services)
        self._about.say("Server", health.version or "unknown")
        keys = health.services.get("keys") or {}
        self._protection.say(
            "Keys of stored pictures",
            str(keys.get("detail") or keys.get("reason") or keys.get("status") or "unknown"),
        )

    def _choose(self) -> None:
        start = self._folder.folder if self._folder and self._folder.folder else str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Choose the gallery folder", start)
        if chosen:
            self.change_folder(chosen)

    def _open_data(self) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._data_dir))):
            self.toast.say("No program opens folders here.", "caution", f"The data are in {self._data_dir}.")

    def _report(self, failure: Failure) -> None:
        self.toast.say(failure.message, "alarm", failure.advice)
        self.failed.emit(failure)
