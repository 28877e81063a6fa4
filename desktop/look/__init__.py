"""Colours, type, icons, motion and the small widgets every page shares."""
