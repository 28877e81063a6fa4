"""Asks for the exit PIN."""

from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.kiosk.door import Door
from desktop.kiosk.pin import LONGEST, Verdict, acceptable
from desktop.look.dialog import AskingDialog


class ExitDialog(AskingDialog):
    """Stays open until the PIN is right, or somebody thinks better of it."""

    def __init__(self, door: Door, parent: QWidget) -> None:
        super().__init__("Leave the kiosk", "Leave", "primary", parent)
        self._door = door
        self.pin = QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(LONGEST)
        self.field("PIN of who keeps this screen", self.pin)
        self.finish()
        door.judged.connect(self._judged)

    def _ask(self) -> None:
        if not acceptable(self.pin.text()):
            self.refuse("A PIN has four to twelve digits.", "Type it again.")
            return
        self.do.setEnabled(False)
        self._door.knock(self.pin.text())
        self.pin.clear()

    def _judged(self, verdict: Verdict) -> None:
        if verdict.right:
            self.accept()
            return
        seconds = "1 second" if verdict.wait_s == 1 else f"{verdict.wait_s} seconds"
        self.refuse("That PIN does not open the way out.", f"Wait {seconds}, then try again.")
