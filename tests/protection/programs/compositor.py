"""Exits with 0 when a compositing manager runs on the display."""

# xcffib ships no types.
# mypy: disable-error-code="no-untyped-call,has-type"

import sys

import xcffib
import xcffib.xproto

core = xcffib.connect().core
name = b"_NET_WM_CM_S0"
selection = core.InternAtom(False, len(name), name).reply().atom
sys.exit(not core.GetSelectionOwner(selection).reply().owner)
