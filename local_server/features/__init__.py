"""Switches by which an admin gives a part of the program to a role, or takes it away."""
