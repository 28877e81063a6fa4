"""Attacks a process through the display: `cut.py PID windows|stream`.

`windows` ends the connection that has made its windows, `stream` stops its record contexts.
"""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import sys

import xcffib
import xcffib.record
import xcffib.res
import xcffib.xproto

connection = xcffib.connect()
resources = connection(xcffib.res.key)
resources.QueryVersion(1, 2).reply()
record = connection(xcffib.record.key)
record.QueryVersion(1, 13).reply()
everyone = xcffib.res.ClientIdSpec.synthetic(0, xcffib.res.ClientIdMask.LocalClientPID)
found = False
for entry in resources.QueryClientIds(1, [everyone]).reply().ids:
    base, mask = entry.spec.client, entry.spec.mask
    if mask != xcffib.res.ClientIdMask.LocalClientPID or entry.value[0] != int(sys.argv[1]):
        continue
    for resource in range(base + 1, base + 30):
        try:
            if sys.argv[2] == "stream":
                record.DisableContext(resource, is_checked=True).check()
            else:
                connection.core.KillClient(resource, is_checked=True).check()
        except (xcffib.xproto.ValueError, xcffib.record.BadContextError) as refusal:
            if "-v" in sys.argv:
                sys.stderr.write(f"{resource:#x}: {refusal!r}\n")
        else:
            found = True
            break
sys.exit(0 if found else "there is nothing to cut")
