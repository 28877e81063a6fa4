"""Asks a desktop's service for something, as a capture tool does.

Arguments: the address of the bus, the service, the object, the interface (- for none), the method, and how
many bytes of options to send along. Prints whether it was answered, and ends when its input does.
"""

from __future__ import annotations

import sys

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

address, service, path, interface, method, size = sys.argv[1:]
where = DBusAddress(path, bus_name=service, interface=None if interface == "-" else interface)
with open_dbus_connection(bus=address) as connection:
    options = {"handle_token": ("s", "x" * int(size))}
    answer = connection.send_and_get_reply(new_method_call(where, method, "sa{sv}", ("", options)))
    answered = answer.header.message_type is MessageType.method_return
    sys.stdout.write("answered\n" if answered else "refused\n")
    sys.stdout.flush()
    # As a tool does, which waits for the picture.
    sys.stdin.read()
