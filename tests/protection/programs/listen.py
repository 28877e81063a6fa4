"""Listens to all key presses of the display, as a key logger does, until its standard input ends."""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import sys

import xcffib
import xcffib.record
import xcffib.xproto

control, data = xcffib.connect(), xcffib.connect()
record = control(xcffib.record.key)
record.QueryVersion(1, 13).reply()
context = control.generate_id()
none = xcffib.record.Range8.synthetic(0, 0)
nothing = xcffib.record.ExtRange.synthetic(none, xcffib.record.Range16.synthetic(0, 0))
keys = xcffib.record.Range8.synthetic(2, 3)
wanted = xcffib.record.Range.synthetic(none, none, nothing, nothing, none, keys, none, False, False)
record.CreateContext(context, 0, 1, 1, [xcffib.record.CS.AllClients], [wanted])
control.core.GetInputFocus().reply()
data(xcffib.record.key).EnableContext(context)
data.flush()
sys.stdout.write("listening\n")
sys.stdout.flush()
sys.stdin.read()
