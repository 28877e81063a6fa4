"""Which calls on the bus take a picture of the screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.findings import PORTAL_REMOTE, PORTAL_SCREENCAST, PORTAL_SCREENSHOT
from desktop.guard.session_bus import Call
from desktop.guard.tripwires.portal_calls import PATHS, SERVICES, judge

PORTAL, SHELL = "/org/freedesktop/portal/desktop", "/org/gnome/Shell/Screenshot"


@pytest.mark.parametrize(
    ("path", "interface", "method", "kind"),
    [
        (PORTAL, "org.freedesktop.portal.Screenshot", "Screenshot", PORTAL_SCREENSHOT),
        (PORTAL, "org.freedesktop.portal.ScreenCast", "Start", PORTAL_SCREENCAST),
        (PORTAL, "org.freedesktop.portal.ScreenCast", "CreateSession", None),
        (PORTAL, "org.freedesktop.portal.RemoteDesktop", "Start", PORTAL_REMOTE),
        (PORTAL, "org.freedesktop.portal.Settings", "Read", None),
        (PORTAL, None, "Screenshot", PORTAL_SCREENSHOT),
        (PORTAL, None, "Read", None),
        (SHELL, "org.gnome.Shell.Screenshot", "FlashArea", None),
        (SHELL, "org.freedesktop.DBus.Properties", "Screenshot", None),
        ("/elsewhere", "org.freedesktop.portal.Screenshot", "Screenshot", None),
    ],
)
def test_calls_are_told_apart(path: str, interface: str | None, method: str, kind: str | None) -> None:
    assert judge(Call(":1.5", path, interface, method)) == kind


names = st.text(max_size=12) | st.sampled_from(
    [name for service in SERVICES for name in (service.path, service.interface, *service.methods)]
)


@given(st.builds(Call, names, names, st.none() | names, names))
def test_only_what_is_listed_counts(call: Call) -> None:
    kind = judge(call)
    assert (kind is None) or (call.path in PATHS and kind in {service.kind for service in SERVICES})
