"""People: accounts, roles, passwords and tokens."""
