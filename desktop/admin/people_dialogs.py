"""The dialogs about people: adding one, changing one, showing a one-time code, and asking whether to."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.admin.people_words import NARROWED, ROLES, ROLES_EXPLAINED, SEES, moment_in_full
from desktop.client.people import Person, ResetCode
from desktop.look.appearance import Appearance
from desktop.look.dialog import WIDE, AskingDialog, EdgedDialog
from desktop.look.fields import Choice
from desktop.look.surfaces import button, label

LONGEST_NAME = 64
LONGEST_EMAIL = 254
COPIED_MS = 2000


class EditPerson(AskingDialog):
    """Asks for somebody's name, role, sight and address; `asked` carries the fields as the API names them."""

    asked = Signal(dict)

    def __init__(self, person: Person | None, parent: QWidget) -> None:
        title = "Add a person" if person is None else f"Change {person.name}"
        super().__init__(title, "Add" if person is None else "Save", "primary", parent)
        self._person = person
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.role = Choice()
        for role, words in ROLES.items():
            self.role.addItem(words, role)
        self.role.setCurrentIndex(self.role.findData("viewer" if person is None else person.role))
        self._about = label("", "small", wrap=True)
        self.sees = Choice()
        for sees, words in SEES.items():
            self.sees.addItem(words, sees)
        self.sees.setCurrentIndex(self.sees.findData("albums" if person is None else person.sees))
        self.email = QLineEdit("" if person is None else person.email or "")
        self.email.setMaxLength(LONGEST_EMAIL)
        self.email.setPlaceholderText("None")
        if person is None:
            self.field("Name", self.name)
        self.field("Role", self.role)
        self.column.addWidget(self._about)
        self.field("Sees", self.sees)
        self.field("E-mail, where an organisation signs them in", self.email)
        if person is None:
            words = "You get a one-time code for them, with which they choose a password."
        else:
            words = "Where rights shrink, the person is signed out everywhere."
        self.column.addWidget(label(words, "small", wrap=True))
        self.finish()
        self.name.textChanged.connect(lambda text: self.do.setEnabled(bool(text.strip())))
        self.role.currentIndexChanged.connect(self._explain)
        self.do.setEnabled(person is not None)
        self._explain()
        (self.name if person is None else self.role).setFocus()

    def _explain(self) -> None:
        role = str(self.role.currentData())
        self._about.setText(ROLES_EXPLAINED[role])
        self.sees.setEnabled(role in NARROWED)
        if role not in NARROWED:
            self.sees.setCurrentIndex(self.sees.findData("library"))

    def _ask(self) -> None:
        fields: dict[str, object] = {
            "role": self.role.currentData(),
            "sees": self.sees.currentData(),
            "email": self.email.text().strip() or None,
        }
        if self._person is None:
            fields["name"] = self.name.text()
        else:
            # Only what is different: a colleague may have changed the rest meanwhile.
            before = {name: getattr(self._person, name) for name in fields}
            fields = {name: value for name, value in fields.items() if value != before[name]}
        if not fields:
            self.accept()
            return
        self.do.setEnabled(False)
        self.asked.emit(fields)


class Confirm(AskingDialog):
    """Asks whether to do something to somebody, and says what comes of it."""

    asked = Signal()

    def __init__(self, title: str, words: str, action: str, parent: QWidget, kind: str = "danger") -> None:
        super().__init__(title, action, kind, parent)
        self.column.addWidget(label(words, "normal", wrap=True))
        self.finish()
        self.cancel.setFocus()

    def _ask(self) -> None:
        self.do.setEnabled(False)
        self.asked.emit()


class ShowCode(EdgedDialog):
    """Shows a one-time code, this once; it is forgotten when the dialog closes."""

    def __init__(self, look: Appearance, name: str, code: ResetCode, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        title = f"One-time code for {name}"
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(WIDE)
        self.code = label(code.code, "title")
        self.code.setFont(look.fonts.count())
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.code.setAccessibleName(f"{title}: {code.code}")
        self.code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.copy = button(" Copy")
        self.copy.setAccessibleName("Copy the code")
        self.copy.setIcon(look.icons.icon("copy", 16, look.palette.strong))
        self.copy.clicked.connect(self._copy)
        self._reset = QTimer(self)
        self._reset.setSingleShot(True)
        self._reset.setInterval(COPIED_MS)
        self._reset.timeout.connect(lambda: self.copy.setText(" Copy"))
        words = (
            f"{name} presses “I have a one-time code” on the sign-in page, and chooses a password. "
            f"The code is good once, until {moment_in_full(code.expires_at)}. "
            "It is shown only now: give it to nobody else."
        )
        done = button("Done", "primary")
        done.clicked.connect(self.accept)
        end = QHBoxLayout()
        end.addWidget(self.copy)
        end.addStretch(1)
        end.addWidget(done)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(label(title, "title", wrap=True))
        column.addWidget(self.code)
        column.addWidget(label(words, "normal", wrap=True))
        column.addSpacing(4)
        column.addLayout(end)
        self.code.setContentsMargins(0, 8, 0, 8)
        self.copy.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code.text())
        self.copy.setText(" Copied")
        self._reset.start()
