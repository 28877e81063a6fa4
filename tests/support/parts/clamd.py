"""A real clamd that knows two things only: the harmless test virus of the trade, and a marker of ours."""

import hashlib
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.parts.part import HOST, Part, find

# In two halves, so that no scanner takes this file away.
EICAR = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
MARKER = b"VAULT-TEST-MARKER-0001"
LARGEST = 64 << 20


class Clamd(Part):
    """Answers on a port and on a socket."""

    name = "clamd"
    runs_as = "clamav"

    def find_program(self) -> Path:
        """Return Debian's."""
        return find(self.name, "clamd")

    def prepare(self) -> None:
        """Write the signatures and the configuration."""
        self.port = self.take_port()
        self.socket = self.folder / "clamd.sock"
        signatures = self.folder / "signatures"
        signatures.mkdir()
        found = f"Local.Eicar-Test:0:*:{EICAR.hex()}\nLocal.Marker:0:*:{MARKER.hex()}\n"
        (signatures / "local.ndb").write_text(found)
        whole = f"{hashlib.sha256(EICAR).hexdigest()}:{len(EICAR)}:Local.Eicar-Sha256:73\n"
        (signatures / "local.hsb").write_text(whole)
        lines = [
            "Foreground yes",
            f"TCPAddr {HOST}",
            f"TCPSocket {self.port}",
            f"LocalSocket {self.socket}",
            "LocalSocketMode 660",
            "FixStaleSocket yes",
            f"DatabaseDirectory {signatures}",
            f"TemporaryDirectory {self.folder}",
            f"StreamMaxLength {LARGEST}",
            f"MaxFileSize {LARGEST}",
            f"MaxScanSize {2 * LARGEST}",
            "MaxThreads 2",
            "AlertExceedsMax yes",
        ]
        (self.folder / "clamd.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> Sequence[str | Path]:
        """Run in the foreground."""
        return [self.program, f"--config-file={self.folder / 'clamd.conf'}"]

    def answers(self) -> bool:
        """Tell whether it has read its signatures."""
        try:
            return self.say(b"zPING\0") == b"PONG\0"
        except OSError:
            return False

    @property
    def settings(self) -> Mapping[str, str]:
        """Return where it is."""
        return {"CLAMD_URL": f"tcp://{HOST}:{self.port}"}

    @property
    def socket_url(self) -> str:
        """Return where it is for whoever may open its socket."""
        return f"unix://{self.socket}"

    def scan(self, content: bytes) -> bytes:
        """Return its verdict on some bytes, in its own words."""
        return self.say(b"zINSTREAM\0", len(content).to_bytes(4, "big"), content, bytes(4))

    def say(self, *words: bytes) -> bytes:
        """Send and return all that it answers."""
        with socket.create_connection((HOST, self.port), 10) as connection:
            connection.sendall(b"".join(words))
            answer = b""
            while more := connection.recv(4096):
                answer += more
            return answer
