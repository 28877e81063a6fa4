"""Sign-in through an organisation from the window, with a browser of our own and a real provider."""

import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from local_server.accounts.models import Role
from tests.support.parts.openid import OpenId
from tests.support.people import add_people
from tests.support.used import Start


@pytest.fixture
def settings(openid: OpenId, data_dir: Path) -> dict[str, str]:
    """Return the settings under which alice is the manager."""
    add_people(data_dir, ("manager", Role.MANAGER))
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as catalogue:
        catalogue.execute("UPDATE accounts SET email = 'alice@example.org'")
        catalogue.commit()
    return {**openid.settings, "OIDC_ALLOWED_DOMAINS": "example.org", "OIDC_NAME": "Example"}


class Browser:
    """Stands for the system's: goes where it is sent, on a thread, as somebody."""

    def __init__(self, openid: OpenId, login: str) -> None:
        self._openid = openid
        self._login = login
        self._pool = ThreadPoolExecutor(1)
        self.opened: list[str] = []
        self.page: Future[str] | None = None

    def __call__(self, url: str) -> bool:
        self.opened.append(url)
        self.page = self._pool.submit(self._visit, url)
        return True

    def _visit(self, url: str) -> str:
        back = self._openid.browse(url, self._login)
        stray = httpx.get(back.replace("state=", "state=x"), trust_env=False)
        assert stray.status_code == 404
        return httpx.get(back, trust_env=False).text

    def close(self) -> None:
        self._pool.shutdown()


def test_somebody_signs_in_in_the_browser(start: Start, openid: OpenId, settings: dict[str, str]) -> None:
    browser = Browser(openid, "alice")
    used = start(open_url=browser, **settings)
    page = used.rooms.entry.sign_in
    used.until(page.organisation_button.isVisible)
    assert page.organisation_button.text() == "Sign in with Example"
    used.click(page.organisation_button)
    used.until(lambda: used.program.window.page is used.rooms.frame)
    signed_in = used.rooms.session.signed_in
    assert signed_in is not None
    assert signed_in.account.name == "manager"
    assert browser.page is not None
    assert "You can close this window" in browser.page.result(20)
    assert len(browser.opened) == 1
    browser.close()


def test_a_refusal_is_told_in_place_and_a_password_still_opens(
    start: Start, openid: OpenId, settings: dict[str, str]
) -> None:
    browser = Browser(openid, "bob")
    used = start(open_url=browser, **settings)
    page = used.rooms.entry.sign_in
    used.until(page.organisation_button.isVisible)
    used.click(page.organisation_button)
    used.until(lambda: "vouch" in used.notice)
    assert page.organisation_button.text() == "Sign in with Example"
    browser.close()
    used.signed_in("manager")


def test_waiting_can_be_cancelled(start: Start, settings: dict[str, str]) -> None:
    opened: list[str] = []

    def open_url(url: str) -> bool:
        opened.append(url)
        return True

    used = start(open_url=open_url, **settings)
    page = used.rooms.entry.sign_in
    used.until(page.organisation_button.isVisible)
    used.click(page.organisation_button)
    used.until(lambda: bool(opened))
    assert page.organisation_button.text() == "Cancel"
    assert not page.open_button.isEnabled()
    assert "browser" in used.notice
    used.click(page.organisation_button)
    assert page.organisation_button.text() == "Sign in with Example"
    assert not used.notice
    # Nothing listens any more, so a late browser changes nothing.
    address = dict(parse_qsl(urlsplit(opened[0]).query))["redirect_uri"]

    def gone() -> bool:
        try:
            httpx.get(address, trust_env=False)
        except httpx.TransportError:
            return True
        return False

    used.until(gone)
    used.signed_in("manager")


def test_denied_there_and_no_browser_here(start: Start, settings: dict[str, str]) -> None:
    pool = ThreadPoolExecutor(1)
    gone = threading.Event()

    def deny(url: str) -> bool:
        if gone.is_set():
            return False
        asked = dict(parse_qsl(urlsplit(url).query))
        params = {"state": asked["state"], "error": "access_denied"}
        pool.submit(httpx.get, asked["redirect_uri"], params=params, trust_env=False)
        return True

    used = start(open_url=deny, **settings)
    page = used.rooms.entry.sign_in
    used.until(page.organisation_button.isVisible)
    used.click(page.organisation_button)
    used.until(lambda: "did not sign in" in used.notice)
    pool.shutdown()
    gone.set()
    used.click(page.organisation_button)
    used.until(lambda: "No browser" in used.notice)
    assert page.open_button.isEnabled()


def test_without_an_organisation_nothing_is_offered(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("manager", Role.MANAGER))
    used = start()
    page = used.rooms.entry.sign_in
    used.until(page.isVisible)
    used.until(page.open_button.isEnabled)
    assert not page.organisation_button.isVisible()
