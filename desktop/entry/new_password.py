"""The page of somebody who signed in with a password that is due, or with a one-time code."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.models import SignedIn
from desktop.entry.form import EntryCard, Field, Notice
from desktop.entry.page import centre
from desktop.entry.policy import hints
from desktop.look.appearance import Appearance
from desktop.look.surfaces import button


class NewPasswordPage(QWidget):
    """Asks for a new password, twice; emits `done` with the sign-in that follows."""

    done = Signal(object)
    given_up = Signal()

    def __init__(self, look: Appearance, gallery: Gallery, background: Background) -> None:
        super().__init__()
        self._gallery = gallery
        self._background = background
        self._task: Task | None = None
        self._held: SignedIn | None = None
        self._current: str | None = None
        self.card = EntryCard(look, "Choose a new password", "")
        self.password = Field(look, "New password", "key-round", secret=True)
        self.confirmation = Field(look, "New password again", "key-round", secret=True)
        self.notice = Notice(look)
        self.save_button = button("Save and open", "primary")
        self.back_button = button("Sign in as somebody else", "text")
        column = self.card.column
        for part in (self.password, self.confirmation, self.notice, self.save_button):
            column.addWidget(part)
        column.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignHCenter)
        centre(self, self.card)
        self.save_button.clicked.connect(self.submit)
        self.back_button.clicked.connect(self._give_up)
        self.password.line.returnPressed.connect(self.confirmation.line.setFocus)
        self.confirmation.line.returnPressed.connect(self.submit)

    def begin(self, held: SignedIn, current: str | None) -> None:
        """Ask; `current` is the password that was just typed, None where a one-time code was."""
        self._held, self._current = held, current
        reason = "Your password is due for a change." if current else "Your one-time code is good for this."
        self.card.under.setText(f"{held.account.name}: {reason} Then everything is open.")
        self.password.clear()
        self.confirmation.clear()
        self.notice.clear()
        self._busy(False)
        self.password.line.setFocus()

    def submit(self) -> None:
        """Try to change the password to what was typed."""
        if self._task is not None or self._held is None:
            return
        new = self.password.text()
        missing = [
            hint.text
            for hint in hints(self._held.account.name, new, self.confirmation.text())
            if not hint.kept
        ]
        if missing:
            self.notice.tell("The password is not good enough yet:", f"{missing[0].lower()}.", "caution")
            return
        self.notice.clear()
        self._busy(True)
        self._task = self._background.run(
            self._gallery.session.choose_password(self._held, self._current, new),
            self._changed,
            self._failed,
            self,
        )

    def forget(self) -> None:
        """Drop what was typed, and the token."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._held = self._current = None
        self.password.clear()
        self.confirmation.clear()

    def _give_up(self) -> None:
        self.forget()
        self.given_up.emit()

    def _changed(self, signed_in: SignedIn) -> None:
        self._task = None
        self.forget()
        self.done.emit(signed_in)

    def _failed(self, failure: Failure) -> None:
        self._task = None
        self._busy(False)
        self.notice.tell_failure(failure)
        self.password.line.selectAll()
        self.password.line.setFocus()

    def _busy(self, busy: bool) -> None:
        self.save_button.setEnabled(not busy)
        self.back_button.setEnabled(not busy)
        for field in (self.password, self.confirmation):
            field.line.setEnabled(not busy)
