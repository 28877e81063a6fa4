"""A real OpenID Connect provider (npm oidc-provider), and the person who signs in to it with a browser."""

import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from tests.support.parts.part import HOST, Missing, Part, find

CLIENT = "vaultsecure-desktop"
REDIRECT = f"http://{HOST}/callback"
# What packaging/linux/setup.sh dev installs.
INSTALLED = Path(sys.prefix) / "parts" / "oidc" / "node_modules"
PEOPLE = {
    "alice": {"email": "alice@example.org", "email_verified": True, "name": "Alice Example"},
    "bob": {"email": "bob@example.org", "email_verified": False, "name": "Bob Example"},
    "eve": {"email": "eve@elsewhere.example", "email_verified": True, "name": "Eve Elsewhere"},
    "nameless": {},
}


class OpenId(Part):
    """Answers on a port, with a public client that may come back to any port of the loopback address."""

    name = "OpenID Connect provider"

    def find_program(self) -> Path:
        """Return Node.js, when there is something for it to run."""
        program = find(self.name, "node")
        if not (INSTALLED / "oidc-provider").is_dir():
            raise Missing(self.name, "the npm package oidc-provider is not installed")
        return program

    def prepare(self) -> None:
        """Lay the program where it finds its packages, and write its settings."""
        self.port = self.take_port()
        self.issuer = f"http://{HOST}:{self.port}"
        shutil.copy(Path(__file__).with_name("oidc") / "op.mjs", self.folder)
        (self.folder / "node_modules").symlink_to(INSTALLED)
        settings = {
            "port": self.port,
            "issuer": self.issuer,
            "client_id": CLIENT,
            "redirect_uris": [REDIRECT],
            "keys": str(self.folder / "keys.json"),
            "people": str(self.folder / "people.json"),
        }
        (self.folder / "settings.json").write_text(json.dumps(settings))
        self.know_everybody()

    def command(self) -> Sequence[str | Path]:
        """Run under Node.js."""
        return [self.program, "op.mjs", "settings.json"]

    def answers(self) -> bool:
        """Tell whether it describes itself."""
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=10).is_success
        except httpx.TransportError:
            return False

    @property
    def settings(self) -> Mapping[str, str]:
        """Return who it is, and who we are to it."""
        return {"OIDC_ISSUER": self.issuer, "OIDC_CLIENT_ID": CLIENT}

    def know(self, people: Mapping[str, Mapping[str, object]]) -> None:
        """Change who has an account and what the provider says of each, from the next sign-in on."""
        (self.folder / "people.json").write_text(json.dumps(people))

    def know_everybody(self) -> None:
        """Know the people again that it knows at first."""
        self.know(PEOPLE)

    def new_keys(self) -> None:
        """Sign with another key from now on."""
        self.stop()
        (self.folder / "keys.json").unlink()
        self.start()

    def browse(self, address: str, login: str) -> str:
        """Open a page as a browser does, sign in, consent, and return where the provider sends the browser.

        That is the redirect address with its answer; nothing is fetched from there.
        """
        forms = {
            "login": {"prompt": "login", "login": login, "password": "any"},
            "consent": {"prompt": "consent"},
        }
        with httpx.Client(timeout=30) as browser:
            answer = browser.get(address)
            for _ in range(20):
                if answer.is_redirect:
                    address = str(answer.url.join(answer.headers["location"]))
                    if not address.startswith(self.issuer):
                        return address
                    answer = browser.get(address)
                    continue
                assert answer.is_success, answer.text
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                assert prompt, answer.text
                answer = browser.post(answer.url, data=forms[prompt[1]])
        raise AssertionError(f"sent around in circles, last to {address}")
