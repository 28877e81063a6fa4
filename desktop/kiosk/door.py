"""Asks the kiosk's session whether a PIN opens the way out; the PIN's hash never comes to this process."""

import json
import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from desktop.kiosk.pin import Verdict

LONGEST = 4096


class Door(QObject):
    """The program's end of the socket to its session; lives on the GUI thread and never waits."""

    judged = Signal(object)
    lost = Signal()

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        self._notifier = QSocketNotifier(self._socket.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(lambda *_: self._hear())

    def knock(self, pin: str) -> None:
        """Ask; `judged` brings the answer, and for the right PIN the session ends this program."""
        self._socket.send(json.dumps({"pin": pin}).encode())

    def _hear(self) -> None:
        said = self._socket.recv(LONGEST)
        if not said:
            # The session is gone: nobody would start the program again, and nobody could let it out.
            self._notifier.setEnabled(False)
            self.lost.emit()
            return
        answer = json.loads(said)
        self.judged.emit(Verdict(bool(answer["right"]), int(answer["wait_s"])))
