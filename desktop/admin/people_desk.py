"""Does what an admin asks about people, through dialogs that stay open while the server refuses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.admin.asking import Asking
from desktop.admin.exemption_dialog import GrantExemption
from desktop.admin.grant_dialog import GrantAlbum
from desktop.admin.people_dialogs import Confirm, EditPerson, ShowCode
from desktop.background import Background
from desktop.client.albums import Album
from desktop.client.api import Gallery
from desktop.client.people import NewPerson, Person, ResetCode, Way
from desktop.look.appearance import Appearance

T = TypeVar("T")


class PeopleDesk(Asking):
    """`changed` carries somebody as they are now, `touched` an account's id."""

    changed = Signal(object)
    touched = Signal(str)

    def __init__(self, look: Appearance, gallery: Gallery, background: Background, page: QWidget) -> None:
        super().__init__(background, page)
        self._look = look
        self._server = gallery.people
        self._albums = gallery.albums

    def add(self) -> None:
        """Ask for a new person."""
        dialog = EditPerson(None, self._page)

        def added(answer: NewPerson) -> None:
            self.changed.emit(answer.user)
            if answer.reset_code is not None:
                self._show_code(answer.user.name, answer.reset_code)

        dialog.asked.connect(lambda fields: self.run(self._server.add(**fields), added, dialog))
        self.open(dialog)

    def change(self, person: Person) -> None:
        """Ask what is to be different."""
        dialog = EditPerson(person, self._page)
        dialog.asked.connect(
            lambda fields: self.run(self._server.change(person.id, **fields), self.changed.emit, dialog)
        )
        self.open(dialog)

    def make_code(self, person: Person) -> None:
        """Ask whether to make a one-time code, and show it."""
        words = (
            "With it they choose a new password. Until then the old one stays good; a code from before is "
            "burned, and a lock from wrong passwords is lifted."
        )

        def made(code: ResetCode) -> None:
            self.touched.emit(person.id)
            self._show_code(person.name, code)

        title = f"A one-time code for {person.name}?"
        self._confirm(title, words, "Make a code", lambda: self._server.make_code(person.id), made, "primary")

    def end_sessions(self, person: Person) -> None:
        """Ask whether to sign somebody out everywhere."""
        self._confirm(
            f"End all sessions of {person.name}?",
            "They are signed out at once, on every machine, and can sign in again.",
            "End sessions",
            lambda: self._server.end_sessions(person.id),
            lambda _: self.said.emit(f"{person.name} is signed out everywhere.", "good", ""),
        )

    def remove_second_factor(self, person: Person) -> None:
        """Ask whether to remove the second factor of somebody who lost it."""

        def removed(_answer: object) -> None:
            self.touched.emit(person.id)
            self.said.emit(f"The second factor of {person.name} is removed.", "good", "")

        self._confirm(
            f"Remove the second factor of {person.name}?",
            "Do this when the phone is lost. From then on the password alone signs them in; where their role "
            "needs a second factor they set up another one at the next sign-in.",
            "Remove it",
            lambda: self._server.remove_second_factor(person.id),
            removed,
        )

    def exempt_or_end(self, person: Person) -> None:
        """Ask why somebody is to be exempt from the shield, or whether to take that back."""
        if person.assistive is not None:
            self._confirm(
                f"End the exemption of {person.name}?",
                "From now on a capture hides pictures from them as from anybody else.",
                "End it",
                lambda: self._server.end_exemption(person.id),
                self.changed.emit,
                "primary",
            )
            return
        dialog = GrantExemption(self._look, person.name, self._page)
        dialog.asked.connect(
            lambda reason, until: self.run(
                self._server.exempt(person.id, reason, until), self.changed.emit, dialog
            )
        )
        self.open(dialog)

    def close_or_open(self, person: Person) -> None:
        """Ask whether to close an account, or open it again."""
        closing = person.disabled_at is None
        self._confirm(
            f"{'Close' if closing else 'Open'} the account of {person.name}?",
            "They are signed out at once and cannot sign in. Nothing is deleted: records and grants stay."
            if closing
            else "They can sign in again, and see what they saw before.",
            "Close account" if closing else "Open account",
            lambda: self._server.change(person.id, disabled=closing),
            self.changed.emit,
            "danger" if closing else "primary",
        )

    def grant(self, person: Person) -> None:
        """Ask which album somebody may see."""

        def fetched(albums: tuple[Album, ...]) -> None:
            if not albums:
                self.said.emit("There is no album yet.", "normal", "Make one with the + beside Albums.")
                return
            dialog = GrantAlbum(self._look, person.name, albums, self._page)
            dialog.asked.connect(
                lambda album_id, until, views: self.run(
                    self._server.grant(album_id, person.id, until, views),
                    lambda _: self.touched.emit(person.id),
                    dialog,
                )
            )
            self.open(dialog)

        self.fetch(self._albums.all(), fetched)

    def revoke(self, person: Person, way: Way) -> None:
        """Ask whether to end a grant."""
        more = " It was granted there, and reaches this album too." if way.inherited else ""
        self._confirm(
            f"End the grant of “{way.granted_on}”?",
            f"{person.name} no longer sees this album and those in it, at once.{more}",
            "End the grant",
            lambda: self._server.revoke(way.grant_id),
            lambda _: self.touched.emit(person.id),
        )

    def _show_code(self, name: str, code: ResetCode) -> None:
        self.open(ShowCode(self._look, name, code, self._page))

    def _confirm(
        self,
        title: str,
        words: str,
        action: str,
        work: Callable[[], Coroutine[Any, Any, T]],
        done: Callable[[T], None],
        kind: str = "danger",
    ) -> None:
        dialog = Confirm(title, words, action, self._page, kind)
        dialog.asked.connect(lambda: self.run(work(), done, dialog))
        self.open(dialog)
