"""Notices that another program reads the screen, and hides protected pictures from it."""
