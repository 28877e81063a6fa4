"""The whole program beside a desktop's capture service, a recorder and new screenshots."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.protection.stage import PROGRAMS, wait_until
from tests.protection.test_program_tampering import opened
from tests.support.desktop import PATIENCE_S, Desktop
from tests.support.session_bus import SessionBus

pytestmark = [pytest.mark.slow, pytest.mark.programs("dbus-daemon")]
PORTAL, OBJECT = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"


def until_recorded(desktop: Desktop, kind: str) -> dict[str, Any]:
    """Wait for an attempt of a kind; return it."""
    wait_until(lambda: any(one["kind"] == kind for one in desktop.captures()), f"{kind} is told", PATIENCE_S)
    return next(one for one in desktop.captures() if one["kind"] == kind)


def test_whoever_looks_on_sees_nothing_sealed(tmp_path: Path) -> None:
    bus = SessionBus(tmp_path)
    portal = subprocess.Popen(
        [sys.executable, str(PROGRAMS / "portal.py"), bus.address], stdout=subprocess.PIPE, text=True
    )
    recorder = tmp_path / "simplescreenrecorder"
    shutil.copy2(shutil.which("sleep") or "", recorder)
    folder = tmp_path / "program"
    folder.mkdir()
    try:
        assert portal.stdout is not None
        assert portal.stdout.readline() == "ready\n"
        more = {"DBUS_SESSION_BUS_ADDRESS": bus.address, "DEFAULT_PROTECTION": "sealed"}
        with opened(folder, **more) as desktop:
            desktop.until_shown()
            calls = "org.freedesktop.portal.Screenshot"
            command = [
                str(PROGRAMS / "portal_caller.py"),
                bus.address,
                PORTAL,
                OBJECT,
                calls,
                "Screenshot",
                "8",
            ]
            with subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE) as caller:
                wait_until(desktop.hides, "nothing is shown to the desktop's own tool", PATIENCE_S)
                attempt = until_recorded(desktop, "portal_screenshot")
                caller.communicate(b"")
            assert (attempt["level"], attempt["hidden"]) == ("sealed", True)
            assert attempt["culprit"]["script"] == "portal_caller.py"

            desktop.until_shown()
            with subprocess.Popen([str(recorder), "600"], env=desktop.screen.environment) as process:
                wait_until(desktop.hides, "nothing is shown to a recorder", PATIENCE_S)
                attempt = until_recorded(desktop, "recorder_running")
                assert attempt["culprit"]["pid"] == process.pid
                process.kill()

            desktop.until_shown()
            (folder / "Screenshot.png").write_bytes(b"pixels")
            attempt = until_recorded(desktop, "image_file")
            assert attempt["culprit"]["script"] == "Screenshot.png"
            wait_until(desktop.hides, "what made it may do so again", PATIENCE_S)
            desktop.until_shown()
    finally:
        portal.terminate()
        portal.communicate()
        bus.close()
