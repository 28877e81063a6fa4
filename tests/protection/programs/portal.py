"""A desktop's capture services, as far as a caller sees them: owns their names and answers every call.

Argument: the address of the session bus. Prints one line when it is there.
"""

from __future__ import annotations

import sys

from jeepney import HeaderFields, MessageType, message_bus, new_method_return
from jeepney.io.blocking import open_dbus_connection

NAMES = ("org.freedesktop.portal.Desktop", "org.gnome.Shell.Screenshot", "org.kde.KWin.ScreenShot2")

with open_dbus_connection(bus=sys.argv[1]) as connection:
    for name in NAMES:
        connection.send_and_get_reply(message_bus.RequestName(name))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        message = connection.receive()
        if message.header.message_type is MessageType.method_call:
            request = f"/org/freedesktop/portal/desktop/request/{message.header.fields[HeaderFields.member]}"
            connection.send(new_method_return(message, "o", (request,)))
