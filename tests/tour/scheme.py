"""A desktop's settings, as far as a program asks for them: the colour scheme, over a D-Bus of the tour's own.

It speaks `org.freedesktop.portal.Settings` (through which desktops tell programs of dark and light),
so that the program's own way of following the system is toured, and nothing inside it is switched.
"""

import threading
from pathlib import Path
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from tests.support.session_bus import SessionBus

PORTAL = "org.freedesktop.portal.Desktop"
SETTINGS = "org.freedesktop.portal.Settings"
APPEARANCE, SCHEME = "org.freedesktop.appearance", "color-scheme"
DARK, LIGHT = 1, 2


class Scheme:
    """A session bus with one service on it, which knows whether it is day or night."""

    def __init__(self, folder: Path) -> None:
        self._bus = SessionBus(folder)
        self._scheme = DARK
        self._connection: Any = open_dbus_connection(bus=self._bus.address)
        self._connection.send_and_get_reply(message_bus.RequestName(PORTAL))
        self._sending = threading.Lock()
        self._server = threading.Thread(target=self._serve, name="portal", daemon=True)
        self._server.start()

    @property
    def environment(self) -> dict[str, str]:
        """Return what lets a program find the settings, and makes Qt ask for them."""
        return {"DBUS_SESSION_BUS_ADDRESS": self._bus.address, "QT_QPA_PLATFORMTHEME": "xdgdesktopportal"}

    def choose(self, scheme: int) -> None:
        """Turn the lights on or off, and tell everybody."""
        self._scheme = scheme
        portal = DBusAddress("/org/freedesktop/portal/desktop", interface=SETTINGS)
        told = (APPEARANCE, SCHEME, ("u", scheme))
        with self._sending:
            self._connection.send(new_signal(portal, "SettingChanged", "ssv", told))

    def close(self) -> None:
        """End the bus, and with it the service."""
        self._bus.close()
        self._server.join(10)
        self._connection.close()

    def _serve(self) -> None:
        while True:
            try:
                message = self._connection.receive()
            except (ConnectionError, OSError):
                return  # the bus has ended
            if message.header.message_type is MessageType.method_call:
                with self._sending:
                    self._connection.send(self._answer(message))

    def _answer(self, message: Any) -> Any:
        value = ("u", self._scheme)
        match message.header.fields.get(HeaderFields.member), message.body:
            case "ReadAll", _:
                return new_method_return(message, "a{sa{sv}}", ({APPEARANCE: {SCHEME: value}},))
            case "ReadOne", (_, key) if key == SCHEME:
                return new_method_return(message, "v", (value,))
            case "Read", (_, key) if key == SCHEME:
                return new_method_return(message, "v", (("v", value),))
            case "Get", (_, "version"):
                return new_method_return(message, "v", (("u", 1),))
            case _:
                return new_error(message, f"{PORTAL}.Error.NotFound", "s", ("There is no such setting.",))
