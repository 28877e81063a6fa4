"""The sign-in page, which is also the page of a locked program."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure, KeyStoreAbsent
from desktop.client.models import SignedIn
from desktop.entry.browser import open_in_browser
from desktop.entry.form import EntryCard, Field, Notice, ServerLine
from desktop.entry.page import centre
from desktop.look.appearance import Appearance
from desktop.look.fields import Tick
from desktop.look.surfaces import button

# By name, secret and second factor.
Ask = Callable[[str, str, str | None], Coroutine[Any, Any, SignedIn]]
# What fits into a button of the card: an operator may call an organisation as they like.
BUTTON_TEXT = 280


class SignInPage(QWidget):
    """Asks for name and password; emits `opened` with whoever signed in and what else they should know.

    Where the account has a second factor, a field for its code appears once the password was right. Who must
    choose a password or set up a second factor first is told of by `due`, with the password that was typed.
    """

    opened = Signal(object, str)
    due = Signal(object, object)

    def __init__(
        self,
        look: Appearance,
        gallery: Gallery,
        background: Background,
        open_url: Callable[[str], bool] = open_in_browser,
    ) -> None:
        super().__init__()
        self._open_url = open_url
        self._organisation: str | None = None
        self._in_browser = False
        self._gallery = gallery
        self._background = background
        self._task: Task | None = None
        self.card = EntryCard(look, "Open your gallery", "This computer")
        self.name = Field(look, "Name", "user")
        self.password = Field(look, "Password", "key-round", secret=True)
        self.one_time = Field(look, "One-time code from your admin", "key-round")
        self.code = Field(look, "Code of your authenticator app, or a recovery code", "key-round")
        self.keep = Tick(look, "Keep me signed in on this computer")
        self.notice = Notice(look)
        self.open_button = button("Open", "primary")
        self.organisation_button = button("")
        self.organisation_button.hide()
        self.other_button = button("Sign in as somebody else", "text")
        self.other_button.hide()
        self.forgotten_button = button("", "text")
        self.server_line = ServerLine(look)
        column = self.card.column
        for part in (
            self.name,
            self.password,
            self.one_time,
            self.code,
            self.keep,
            self.notice,
            self.open_button,
            self.organisation_button,
        ):
            column.addWidget(part)
        column.insertSpacing(column.indexOf(self.open_button), 6)
        for way in (self.forgotten_button, self.other_button):
            column.addWidget(way, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.server_line)
        centre(self, self.card)
        self._ask_for_code(False)
        self._take_one_time(False)
        self.open_button.clicked.connect(self.submit)
        self.organisation_button.clicked.connect(self.through_organisation)
        self.other_button.clicked.connect(self._forget_name)
        self.name.line.returnPressed.connect(self.password.line.setFocus)
        for field in (self.password, self.one_time, self.code):
            field.line.returnPressed.connect(self.submit)
        self.forgotten_button.clicked.connect(lambda: self._take_one_time(not self._one_time))

    def ask(self, message: Failure | None = None) -> None:
        """Start afresh, saying why the person has to sign in (again) where there is a reason."""
        self.card.title.setText("Open your gallery")
        self.card.under.setText("This computer")
        self.name.line.setReadOnly(False)
        self.other_button.hide()
        self._begin(message)

    def ask_again(self, name: str, keep: bool) -> None:
        """Ask the one person who locked the program for the password."""
        self.card.title.setText("Locked")
        self.card.under.setText("Nothing is shown until you open the gallery again.")
        self.name.line.setText(name)
        self.name.line.setReadOnly(True)
        self.keep.setChecked(keep)
        self.other_button.show()
        self._begin(None)

    def offer(self, organisation: str | None) -> None:
        """Offer the sign-in through an organisation of this name, or none."""
        self._organisation = organisation
        self.organisation_button.setVisible(organisation is not None)
        self._busy(self._task is not None)

    def through_organisation(self) -> None:
        """Go on in the browser; while somebody is there, stop waiting for it."""
        if self._in_browser:
            self._begin(None)
            return
        if self._task is not None:
            return
        self._in_browser = True
        self._busy(True)
        self.notice.tell("Sign in in the window of your browser.", "This page goes on by itself.", "normal")
        post = self._background.post
        self._task = self._background.run(
            _through_browser(
                self._gallery, lambda url: post(partial(self._show, url)), self.keep.isChecked()
            ),
            self._opened,
            self._failed,
            self,
        )

    def submit(self) -> None:
        """Try to sign in with what was typed."""
        name, secret = self.name.text().strip(), self._secret
        if self._task is not None or self.notice.counting:
            return
        if not name:
            self.notice.tell("Type your name.", tone="caution")
            self.name.line.setFocus()
            return
        if not secret.text():
            what = "the one-time code" if self._one_time else "your password"
            self.notice.tell(f"Type {what}.", tone="caution")
            secret.line.setFocus()
            return
        code = (self.code.text().strip() or None) if self._code_asked else None
        self.notice.clear()
        self._busy(True)
        keep = self.keep.isChecked()
        if self._one_time:
            ask: Ask = self._gallery.session.redeem
        else:
            ask = self._gallery.sign_in
        self._task = self._background.run(
            _sign_in(self._gallery, ask, name, secret.text(), code, keep), self._opened, self._failed, self
        )

    @property
    def _secret(self) -> Field:
        return self.one_time if self._one_time else self.password

    def _take_one_time(self, instead: bool) -> None:
        self._one_time = instead
        self.one_time.setVisible(instead)
        self.password.setVisible(not instead)
        self.forgotten_button.setText("Use my password" if instead else "I have a one-time code")
        self._secret.line.setFocus()

    def _ask_for_code(self, asked: bool) -> None:
        self._code_asked = asked
        self.code.setVisible(asked)
        self.code.clear()

    def _forget_name(self) -> None:
        self.name.clear()
        self.keep.setChecked(False)
        self.ask()

    def _begin(self, message: Failure | None) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._busy(False)
        self._forget_secrets()
        if message is None:
            self.notice.clear()
        else:
            self.notice.tell_failure(message)
        (self.password if self.name.text() else self.name).line.setFocus()

    def _show(self, url: str) -> None:
        if self._in_browser and not self._open_url(url):
            self._begin(None)
            self.notice.tell("No browser could be opened.", "Set one up, or sign in with a password.")

    def _busy(self, busy: bool) -> None:
        self._in_browser = self._in_browser and busy
        words = "Cancel" if self._in_browser else f"Sign in with {self._organisation}"
        metrics = self.organisation_button.fontMetrics()
        self.organisation_button.setText(metrics.elidedText(words, Qt.TextElideMode.ElideRight, BUTTON_TEXT))
        self.organisation_button.setAccessibleName(words)
        self.organisation_button.setEnabled(not busy or self._in_browser)
        self.open_button.setEnabled(not busy)
        self.open_button.setText("Opening…" if busy and not self._in_browser else "Open")
        for field in (self.name, self.password, self.one_time, self.code):
            field.line.setEnabled(not busy)

    def _forget_secrets(self) -> None:
        self.password.clear()
        self.one_time.clear()
        self._ask_for_code(False)
        self._take_one_time(False)

    def _opened(self, answer: tuple[SignedIn, str]) -> None:
        self._task = None
        self._busy(False)
        signed_in, remark = answer
        password = None if self._one_time else self.password.text()
        self._forget_secrets()
        if signed_in.whole:
            self.opened.emit(signed_in, remark)
        else:
            self.due.emit(signed_in, password)

    def _failed(self, failure: Failure) -> None:
        self._task = None
        self._busy(False)
        if failure.code in ("second_factor_needed", "second_factor_wrong"):
            self._ask_for_code(True)
            self.code.line.setFocus()
        else:
            self._secret.line.selectAll()
            self._secret.line.setFocus()
        if failure.code == "second_factor_needed":
            self.notice.tell("Type the code that your authenticator app shows.", tone="caution")
        else:
            self.notice.tell_failure(failure)


async def _sign_in(
    gallery: Gallery, ask: Ask, name: str, secret: str, code: str | None, keep: bool
) -> tuple[SignedIn, str]:
    signed_in = await ask(name, secret, code)
    return signed_in, await remarks(gallery, keep) if signed_in.whole else ""


async def _through_browser(gallery: Gallery, show: Callable[[str], None], keep: bool) -> tuple[SignedIn, str]:
    signed_in = await gallery.sign_in_through_organisation(show)
    return signed_in, await remarks(gallery, keep)


async def remarks(gallery: Gallery, keep: bool) -> str:
    """Keep the session if wanted, and say what the person should know: no key store, a wrong clock."""
    told = []
    if keep:
        try:
            await gallery.session.keep()
        except KeyStoreAbsent as absent:
            told.append(f"{absent.message} {absent.advice}")
    if gallery.session.clock_is_wrong:
        told.append(clock_remark(gallery.session.clock_error.total_seconds()))
    return " ".join(told)


def clock_remark(error: float) -> str:
    """Say how wrong the clock is; `error` in seconds, positive when this computer is ahead."""
    minutes = round(abs(error) / 60)
    side = "ahead of" if error > 0 else "behind"
    return (
        f"The clock of this computer is {minutes} min {side} the server's. "
        "Set it right: the times over the pictures and in the records would not agree."
    )
