"""The list of files that did not become pictures, each with its reason and what its owner can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.background import Background
from desktop.client.errors import Failure
from desktop.client.models import RefusedFile, RefusedPage
from desktop.look.appearance import Appearance
from desktop.look.dialog import EdgedDialog
from desktop.look.notice import Notice
from desktop.look.surfaces import Card, button, label


class Refusals(Protocol):
    """Where the list comes from (`client.api.Gallery`)."""

    async def refused(self, cursor: str | None = None, limit: int = 100) -> RefusedPage:
        """Fetch a page of the list."""


INTRO = "These files are in the gallery folder but could not become pictures. Nothing else is affected."


class RefusedDialog(EdgedDialog):
    """Shows the list page by page."""

    def __init__(
        self,
        look: Appearance,
        fetch: Callable[[RefusedDialog, str | None], None],
        intro: str,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._ask = fetch
        self._next: str | None = None
        self.setWindowTitle("Refused files")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 520)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.addLayout(self._list)
        self._more = button("Show more")
        self._more.clicked.connect(self._fetch)
        self._more.hide()
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        self._notice = Notice(look)
        self._notice.acted.connect(self._fetch)
        close = button("Close")
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 16)
        outer.setSpacing(12)
        outer.addWidget(label("Refused files", "title"))
        outer.addWidget(label(intro, "normal", wrap=True))
        outer.addWidget(self._notice, 1)
        outer.addWidget(area, 1)
        outer.addLayout(row)
        self._notice.say("loader-circle", "Loading", "Asking the server for the list.")
        self._fetch()

    @classmethod
    def fetched(
        cls, look: Appearance, refusals: Refusals, background: Background, parent: QWidget
    ) -> RefusedDialog:
        """Make one of the gallery folder's files, which are fetched."""

        def fetch(dialog: RefusedDialog, cursor: str | None) -> None:
            background.run(refusals.refused(cursor), dialog.show_page, dialog.fail, dialog)

        return cls(look, fetch, INTRO, parent)

    @classmethod
    def of(
        cls, look: Appearance, files: tuple[RefusedFile, ...], intro: str, parent: QWidget
    ) -> RefusedDialog:
        """Make one of these files."""
        page = RefusedPage(files, None)
        return cls(look, lambda dialog, cursor: dialog.show_page(page), intro, parent)

    def _fetch(self) -> None:
        self._ask(self, self._next)

    def show_page(self, page: RefusedPage) -> None:
        """Show a page below those before."""
        self._notice.hide()
        for file in page.items:
            self._list.addWidget(_card(file))
        self._next = page.next
        self._more.setVisible(page.next is not None)
        if not page.items and self._list.count() == 0:
            self._notice.say(
                "circle-check", "Nothing was refused", "Every file has become a picture.", tone="good"
            )

    def fail(self, failure: Failure) -> None:
        """Say why a page cannot be shown."""
        self._notice.say("wifi-off", failure.message, failure.advice, "Try again", "caution")


def _card(file: RefusedFile) -> Card:
    card = Card()
    card.column.setSpacing(4)
    place = f"{file.folder}/{file.name}" if file.folder else file.name
    card.column.addWidget(label(place, "bold", wrap=True))
    card.column.addWidget(label(file.reason, "caution", wrap=True))
    if file.advice:
        card.column.addWidget(label(file.advice, "normal", wrap=True))
    card.setAccessibleName(f"{place}: {file.reason}")
    return card
