"""The card of one's own sign-in: change the password, set up a second factor, remove it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.admin.asking import Asking
from desktop.admin.cards import Panel
from desktop.admin.own_sign_in_dialogs import AskPassword, ChangePassword, ConfirmFactor, ShowRecovery
from desktop.background import Background
from desktop.client.api import Gallery
from desktop.client.models import SecondFactorOn, SecondFactorSecret
from desktop.look.appearance import Appearance
from desktop.look.flow import FlowLayout
from desktop.look.surfaces import button, label


class SignInCard(Panel):
    """`said` carries words, their tone and advice for the person."""

    said = Signal(str, str, str)

    def __init__(self, look: Appearance, gallery: Gallery, background: Background, page: QWidget) -> None:
        super().__init__(look)
        self._server = gallery.own_sign_in
        self._page = page
        self._asking = Asking(background, page)
        self._run, self._open = self._asking.run, self._asking.open
        self._asking.said.connect(self.said)
        self.password = button("Change password…")
        self.set_up = button("Set up a second factor…")
        self.remove = button("Remove the second factor…")
        words = "A second factor is a code that an app on your phone shows: a password alone lets nobody in."
        acts = QWidget()
        flow = FlowLayout(acts, gap=8)
        for each in (self.password, self.set_up, self.remove):
            flow.addWidget(each)
        self.column.setSpacing(8)
        self.column.addWidget(label("Your sign-in", "bold"))
        self.column.addWidget(label(words, "small", wrap=True))
        self.column.addWidget(acts)
        self.password.clicked.connect(self._change_password)
        self.set_up.clicked.connect(self._begin)
        self.remove.clicked.connect(self._remove)

    def forget(self) -> None:
        """Drop the answers that are still to come."""
        self._asking.forget()

    def _change_password(self) -> None:
        dialog = ChangePassword(self._page)

        def changed(_answer: object) -> None:
            self.said.emit("Your password is changed.", "good", "")

        dialog.asked.connect(
            lambda current, new: self._run(self._server.change_password(current, new), changed, dialog)
        )
        self._open(dialog)

    def _begin(self) -> None:
        words = "You need an authenticator app on your phone."
        dialog = AskPassword("Set up a second factor", words, "Go on", "primary", self._page)
        dialog.asked.connect(
            lambda password: self._run(self._server.begin_second_factor(password), self._confirm, dialog)
        )
        self._open(dialog)

    def _confirm(self, secret: SecondFactorSecret) -> None:
        dialog = ConfirmFactor(secret, self._page)

        def on(answer: SecondFactorOn) -> None:
            self._open(ShowRecovery(self._look, answer.recovery_codes, self._page))

        dialog.asked.connect(lambda code: self._run(self._server.confirm_second_factor(code), on, dialog))
        self._open(dialog)

    def _remove(self) -> None:
        words = "From then on your password alone signs you in, and the recovery codes are worth nothing."
        dialog = AskPassword("Remove your second factor?", words, "Remove it", "danger", self._page)

        def removed(_answer: object) -> None:
            self.said.emit("Your second factor is removed.", "good", "")

        dialog.asked.connect(
            lambda password: self._run(self._server.remove_second_factor(password), removed, dialog)
        )
        self._open(dialog)
