"""API keys: what lets a program in as somebody's account, for some purposes and some time."""
