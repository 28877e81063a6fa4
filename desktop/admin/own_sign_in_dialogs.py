"""The dialogs about one's own sign-in: a new password, setting up a second factor, and removing it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from desktop.client.models import SecondFactorSecret
from desktop.look.appearance import Appearance
from desktop.look.dialog import AskingDialog
from desktop.look.qr import in_groups, qr_code
from desktop.look.surfaces import button, label

LONGEST = 1024
DIGITS = 6


class ChangePassword(AskingDialog):
    """Asks for the present password and a new one; `asked` carries both."""

    asked = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Change your password", "Change it", "primary", parent)
        self.current, self.new, self.again = _secret(), _secret(), _secret()
        self.field("Present password", self.current)
        self.field("New password", self.new)
        self.field("New password again", self.again)
        self.column.addWidget(label("You are signed out on every other machine.", "small", wrap=True))
        self.finish()
        self.current.setFocus()

    def _ask(self) -> None:
        if not self.current.text() or not self.new.text():
            self.refuse("Something is missing.", "Type the present password and a new one.")
        elif self.new.text() != self.again.text():
            self.refuse("The new password was not typed twice alike.", "Type it again.")
        else:
            self.do.setEnabled(False)
            self.asked.emit(self.current.text(), self.new.text())


class AskPassword(AskingDialog):
    """Asks for the password before something is done to the sign-in; `asked` carries it."""

    asked = Signal(str)

    def __init__(self, title: str, words: str, action: str, kind: str, parent: QWidget) -> None:
        super().__init__(title, action, kind, parent)
        self.column.addWidget(label(words, "normal", wrap=True))
        self.password = _secret()
        self.field("Your password", self.password)
        self.finish()
        self.password.setFocus()

    def _ask(self) -> None:
        if not self.password.text():
            self.refuse("Your password is missing.", "Type it.")
            return
        self.do.setEnabled(False)
        self.asked.emit(self.password.text())


class ConfirmFactor(AskingDialog):
    """Shows a secret and asks for its first code; `asked` carries that."""

    asked = Signal(str)

    def __init__(self, secret: SecondFactorSecret, parent: QWidget) -> None:
        super().__init__("Set up a second factor", "Switch it on", "primary", parent)
        words = "Scan the picture with an authenticator app, or type the letters into it."
        self.column.addWidget(label(words, "normal", wrap=True))
        picture = QLabel()
        picture.setPixmap(qr_code(secret.otpauth))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        picture.setAccessibleName("QR code of the letters below")
        self.secret = _selectable(in_groups(secret.secret))
        self.column.addWidget(picture)
        self.column.addWidget(self.secret)
        self.code = QLineEdit()
        self.code.setMaxLength(DIGITS + 1)
        self.field("Code that the app shows", self.code)
        self.finish()
        self.code.setFocus()

    def _ask(self) -> None:
        code = "".join(self.code.text().split())
        if len(code) != DIGITS or not code.isdecimal():
            self.refuse("That is no code.", "Type the six digits that the app shows.")
            return
        self.do.setEnabled(False)
        self.asked.emit(code)


class ShowRecovery(AskingDialog):
    """Shows the recovery codes, this once."""

    def __init__(self, look: Appearance, codes: Sequence[str], parent: QWidget) -> None:
        super().__init__("Keep these recovery codes", "I have kept them", "primary", parent)
        words = (
            "The second factor is on. Each of these stands in for a code once, should the phone be lost. "
            "They are not shown again."
        )
        self.column.addWidget(label(words, "normal", wrap=True))
        self.codes = _selectable("\n".join(codes))
        self.codes.setFont(look.fonts.count())
        self.column.addWidget(self.codes)
        self.cancel.hide()
        copy = button(" Copy")
        copy.setAccessibleName("Copy the recovery codes")
        copy.setIcon(look.icons.icon("copy", 16, look.palette.strong))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.codes.text()))
        self.column.addWidget(copy, 0, Qt.AlignmentFlag.AlignHCenter)
        self.finish()
        self.do.setFocus()

    def _ask(self) -> None:
        self.accept()


def _secret() -> QLineEdit:
    made = QLineEdit()
    made.setEchoMode(QLineEdit.EchoMode.Password)
    made.setMaxLength(LONGEST)
    return made


def _selectable(text: str) -> QLabel:
    made = label(text, "strong", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return made
