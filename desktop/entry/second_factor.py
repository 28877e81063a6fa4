"""The page on which somebody whose role needs a second factor sets one up."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.models import SecondFactorOn, SecondFactorSecret, SignedIn
from desktop.entry.form import EntryCard, Field, Notice
from desktop.entry.page import centre
from desktop.look.appearance import Appearance
from desktop.look.qr import in_groups, qr_code
from desktop.look.surfaces import button, label


class SecondFactorPage(QWidget):
    """Shows the secret, asks for its first code, shows the recovery codes; emits `done` with the sign-in."""

    done = Signal(object)
    given_up = Signal()

    def __init__(self, look: Appearance, gallery: Gallery, background: Background) -> None:
        super().__init__()
        self._gallery = gallery
        self._background = background
        self._task: Task | None = None
        self._held: SignedIn | None = None
        self._signed_in: SignedIn | None = None
        self.card = EntryCard(look, "Set up a second factor", "")
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName("QR code of the secret below")
        self.secret = label("", "strong", wrap=True)
        self.secret.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.secret.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.code = Field(look, "Code that the app shows", "key-round")
        self.notice = Notice(look)
        self.confirm_button = button("Confirm", "primary")
        self.open_button = button("I have kept them: open", "primary")
        self.back_button = button("Sign in as somebody else", "text")
        column = self.card.column
        for part in (
            self.picture,
            self.secret,
            self.code,
            self.notice,
            self.confirm_button,
            self.open_button,
        ):
            column.addWidget(part)
        column.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignHCenter)
        centre(self, self.card)
        self.confirm_button.clicked.connect(self.submit)
        self.code.line.returnPressed.connect(self.submit)
        self.open_button.clicked.connect(self._open)
        self.back_button.clicked.connect(self._give_up)

    def begin(self, held: SignedIn) -> None:
        """Fetch a secret and show it."""
        self._held = held
        self.card.title.setText("Set up a second factor")
        self.card.under.setText(
            f"{held.account.name}: your role needs one. Scan the picture with an authenticator app, or type "
            "the letters into it, then type the code that it shows."
        )
        self.notice.clear()
        self.code.clear()
        self._show_recovery(False)
        self._clear_secret()
        self._busy(True)
        self._task = self._background.run(
            self._gallery.session.begin_second_factor(held), self._begun, self._failed, self
        )

    def submit(self) -> None:
        """Confirm with the code that was typed."""
        code = "".join(self.code.text().split())
        if self._task is not None or self._held is None:
            return
        if len(code) != 6 or not code.isdecimal():
            self.notice.tell("Type the six digits that the app shows.", tone="caution")
            self.code.line.setFocus()
            return
        self.notice.clear()
        self._busy(True)
        self._task = self._background.run(
            self._gallery.session.confirm_second_factor(self._held, code),
            self._confirmed,
            self._failed,
            self,
        )

    def forget(self) -> None:
        """Drop the secret and the tokens."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._held = self._signed_in = None
        self.code.clear()
        self._clear_secret()

    def _begun(self, begun: SecondFactorSecret) -> None:
        self._task = None
        self._busy(False)
        self.picture.setPixmap(qr_code(begun.otpauth))
        self.secret.setText(in_groups(begun.secret))
        self.code.line.setFocus()

    def _confirmed(self, confirmed: SecondFactorOn) -> None:
        self._task = None
        self._busy(False)
        self._signed_in = confirmed.session
        self._clear_secret()
        self.card.title.setText("Keep these recovery codes")
        self.card.under.setText(
            "Each stands in for a code once, should the phone be lost. They are not shown again."
        )
        self.secret.setText("\n".join(confirmed.recovery_codes))
        self._show_recovery(True)
        self.open_button.setFocus()

    def _open(self) -> None:
        signed_in = self._signed_in
        self.forget()
        if signed_in is None:
            self.given_up.emit()
        else:
            self.done.emit(signed_in)

    def _give_up(self) -> None:
        self.forget()
        self.given_up.emit()

    def _failed(self, failure: Failure) -> None:
        self._task = None
        self._busy(False)
        self.notice.tell_failure(failure)
        self.code.line.selectAll()
        self.code.line.setFocus()

    def _clear_secret(self) -> None:
        self.picture.clear()
        self.secret.clear()

    def _show_recovery(self, shown: bool) -> None:
        for part in (self.picture, self.code, self.confirm_button, self.back_button):
            part.setVisible(not shown)
        self.open_button.setVisible(shown)

    def _busy(self, busy: bool) -> None:
        for part in (self.confirm_button, self.back_button, self.code.line):
            part.setEnabled(not busy)
