"""Leads from the start to a signed-in person: wait for the server, then welcome, sign in or safe mode."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure, KeyStoreAbsent
from desktop.client.models import ServerFacts, SignedIn
from desktop.entry.backdrop import Backdrop
from desktop.entry.browser import open_in_browser
from desktop.entry.new_password import NewPasswordPage
from desktop.entry.safe_mode import SafeModePage
from desktop.entry.second_factor import SecondFactorPage
from desktop.entry.sign_in import SignInPage, clock_remark, remarks
from desktop.entry.welcome import WelcomePage
from desktop.look.appearance import Appearance
from desktop.server_process import Phase, ServerState


class EntryPage(Backdrop):
    """Shows the entry page that fits; emits `opened` with whoever is signed in and a remark for them."""

    opened = Signal(object, str)
    title_changed = Signal(str)

    def __init__(
        self,
        look: Appearance,
        gallery: Gallery,
        background: Background,
        *,
        sample: Path | None,
        logs: Path,
        open_url: Callable[[str], bool] = open_in_browser,
    ) -> None:
        super().__init__(sample)
        self._gallery = gallery
        self._background = background
        self._task: Task | None = None
        self._resumed = False
        self.sign_in = SignInPage(look, gallery, background, open_url)
        self.welcome = WelcomePage(look, gallery, background)
        self.safe_mode = SafeModePage(look, logs)
        self._waiting = QWidget()
        self._pages = QStackedLayout(self)
        self.new_password = NewPasswordPage(look, gallery, background)
        self.second_factor = SecondFactorPage(look, gallery, background)
        for page in (
            self._waiting,
            self.sign_in,
            self.welcome,
            self.new_password,
            self.second_factor,
            self.safe_mode,
        ):
            self._pages.addWidget(page)
        self._before_safe_mode: QWidget = self._waiting
        self.sign_in.opened.connect(self.opened)
        self.welcome.opened.connect(self.opened)
        self.welcome.done_elsewhere.connect(self.begin)
        for asking in (self.sign_in, self.welcome):
            asking.due.connect(self._do_what_is_due)
        for due in (self.new_password, self.second_factor):
            due.done.connect(self._done)
            due.given_up.connect(self.ask)

    @property
    def kept(self) -> bool:
        """Say whether whoever signed in last wanted to stay signed in, or was."""
        return self._resumed or self.sign_in.keep.isChecked()

    @property
    def waiting(self) -> bool:
        """Say whether nothing can be done here yet."""
        return self._pages.currentWidget() is self._waiting

    def begin(self) -> None:
        """Find out what to ask for: a first account, a password, or nothing of who is kept signed in."""
        if self._task is not None:
            self._task.cancel()
        self._turn_to(self._waiting, "")
        self._task = self._background.run(_look(self._gallery), self._looked, self._failed, self)

    def ask(self, why: Failure | None = None) -> None:
        """Show the sign-in page, with the reason where there is one."""
        self._resumed = False
        self.new_password.forget()
        self.second_factor.forget()
        self._turn_to(self.sign_in, "Sign in")
        self.sign_in.ask(why)

    def lock(self, name: str, keep: bool) -> None:
        """Show the locked page of one person."""
        self._resumed = False
        self._turn_to(self.sign_in, "Locked")
        self.sign_in.ask_again(name, keep)

    def show_server(self, state: ServerState) -> None:
        """Follow the server's state."""
        text, tone = server_words(state)
        for line in (self.sign_in.server_line, self.welcome.server_line):
            line.say(text, tone)
        if state.phase is Phase.SAFE_MODE:
            current = self._pages.currentWidget()
            if current is not None and current is not self.safe_mode:
                self._before_safe_mode = current
            self.safe_mode.tell(state.why, state.findings)
            self._turn_to(self.safe_mode, "Safe mode")
        elif state.phase is Phase.READY and self._pages.currentWidget() is self.safe_mode:
            self._turn_to(self._before_safe_mode, "")
            if self._before_safe_mode is self._waiting:
                self.begin()

    def _do_what_is_due(self, held: SignedIn, password: str | None) -> None:
        if held.must_change_password:
            self._turn_to(self.new_password, "New password")
            self.new_password.begin(held, password)
        else:
            self._turn_to(self.second_factor, "Second factor")
            self.second_factor.begin(held)

    def _done(self, signed_in: SignedIn) -> None:
        if not signed_in.whole:
            self._do_what_is_due(signed_in, None)
            return
        self._task = self._background.run(
            _remarked(self._gallery, signed_in, self.sign_in.keep.isChecked()),
            self._completed,
            self.ask,
            self,
        )

    def _completed(self, answer: tuple[SignedIn, str]) -> None:
        self._task = None
        self.opened.emit(*answer)

    def _turn_to(self, page: QWidget, title: str) -> None:
        self._pages.setCurrentWidget(page)
        self.title_changed.emit(title)

    def _looked(self, answer: tuple[ServerFacts, SignedIn | None, str, str | None]) -> None:
        self._task = None
        facts, signed_in, remark, organisation = answer
        self.sign_in.offer(organisation)
        self._resumed = signed_in is not None
        if signed_in is not None:
            self.opened.emit(signed_in, remark)
        elif facts.first_run:
            self._turn_to(self.welcome, "Welcome")
            self.welcome.name.line.setFocus()
        else:
            self.ask()
            if remark:
                self.sign_in.notice.tell(remark, tone="caution")

    def _failed(self, failure: Failure) -> None:
        self._task = None
        if self._pages.currentWidget() is self._waiting:
            self.ask(failure)


async def _remarked(gallery: Gallery, signed_in: SignedIn, keep: bool) -> tuple[SignedIn, str]:
    return signed_in, await remarks(gallery, keep)


async def _look(gallery: Gallery) -> tuple[ServerFacts, SignedIn | None, str, str | None]:
    facts = await gallery.test()
    session = gallery.session
    remark = clock_remark(session.clock_error.total_seconds()) if session.clock_is_wrong else ""
    if facts.first_run:
        return facts, None, remark, None
    organisation = await gallery.organisation()
    try:
        return facts, await session.resume(), remark, organisation
    except KeyStoreAbsent:
        return (
            facts,
            None,
            remark,
            organisation,
        )  # nothing can have been kept here; who asks to be kept is told then


def server_words(state: ServerState) -> tuple[str, str]:
    """Say in a few words how the server is, and in which tone."""
    match state.phase:
        case Phase.READY:
            return "Local server ready · offline", "good"
        case Phase.STARTING:
            return "Local server starting…", "caution"
        case Phase.STALLED:
            return "Local server is not answering; it is being restarted", "caution"
        case Phase.RESTARTING:
            return f"Local server restarting: {state.why}", "caution"
        case Phase.SAFE_MODE:
            return "Local server stopped", "alarm"
        case Phase.STOPPED:
            return "Local server stopped", "faint"
