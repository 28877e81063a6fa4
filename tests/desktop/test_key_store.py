"""The refresh token in a real key store: gnome-keyring on a session bus of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.parts.fixtures import lack
from tests.support.parts.part import Missing
from tests.support.server import ROOT

NEEDED = ("dbus-run-session", "gnome-keyring-daemon", "dbus-send")
# The part of the test that needs the bus runs in a child, so that no other test ever sees that bus.
UNLOCK = """
printf %s "test pass" | gnome-keyring-daemon --unlock --components=secrets >/dev/null
for i in $(seq 200); do
  dbus-send --session --dest=org.freedesktop.DBus --print-reply /org/freedesktop/DBus \\
    org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q "boolean true" && break
  sleep .05
done
exec "$0" -c "$1"
"""
HEAD = """
import asyncio
from desktop.client.errors import KeyStoreAbsent
from desktop.client.key_store import Kept, KeyStore, operating_system_backend
async def main():
    store, other = KeyStore("gallery one"), KeyStore("gallery two")
"""
ROUND = (
    HEAD
    + """
    assert await store.fetch() is None
    await store.keep(Kept("Zoë", "a token " * 200))
    assert await store.fetch() == Kept("Zoë", "a token " * 200)
    assert await other.fetch() is None
    await other.drop()
    await store.keep(Kept("Zoë", "another"))
    assert (await store.fetch()).refresh_token == "another"
asyncio.run(main())
"""
)
LATER = (
    HEAD
    + """
    assert await store.fetch() == Kept("Zoë", "another")
    await store.drop()
    assert await store.fetch() is None
asyncio.run(main())
"""
)
ABSENT = (
    HEAD
    + """
    for ask in (store.fetch(), store.drop(), store.keep(Kept("a", "b"))):
        try:
            await ask
        except KeyStoreAbsent as absent:
            assert absent.message and absent.advice
        else:
            raise SystemExit("somebody answered")
asyncio.run(main())
"""
)


def environment(home: Path, **more: str) -> dict[str, str]:
    runtime = home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(home / "share"),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        **more,
    }


def on_a_bus(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", UNLOCK, sys.executable, code],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_kept_survives_the_session_that_kept_it(scratch: Path) -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        lack(Missing("a key store", f"there is no {', '.join(missing)}"))
    first = on_a_bus(ROUND, scratch)
    assert first.returncode == 0, first.stderr
    second = on_a_bus(LATER, scratch)
    assert second.returncode == 0, second.stderr


@pytest.mark.parametrize(
    "backend",
    [
        pytest.param({}, id="no bus"),
        pytest.param({"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, id="switched off"),
        pytest.param({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}, id="a bus that is not there"),
    ],
)
def test_where_no_store_answers_it_is_said(backend: dict[str, str], scratch: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", ABSENT],
        env=environment(scratch, **backend),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
