"""The code that the first admin of a server without a parent program has to know."""

import base64
import hashlib
import hmac

from local_server.accounts.errors import SetupCodeWrong


class SetupCode:
    """Shows that whoever sets a gallery up can read what its server prints.

    It comes from the master key and the installation, so that all servers of one gallery have the same and a
    new catalogue has a new one; 80 bits, and of no use once there is an account.
    """

    def __init__(self, key: bytes, installation_id: str) -> None:
        digest = hmac.new(key, b"setup code\n" + installation_id.encode(), hashlib.sha256).digest()
        letters = base64.b32encode(digest[:10]).decode()
        self.text = "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))

    def check(self, given: str | None) -> None:
        """Raise SetupCodeWrong unless it is the code; case, spaces and hyphens do not matter."""
        if not hmac.compare_digest(_plain(given or ""), _plain(self.text)):
            raise SetupCodeWrong


def _plain(text: str) -> bytes:
    return "".join(text.upper().replace("-", "").split()).encode()
