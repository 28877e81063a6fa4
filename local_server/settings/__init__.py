"""Every setting: its variable, its default and what it means (`fields`), and how it is read (`loading`)."""

from local_server.settings.loading import SECRETS, Settings, SettingsWrong, withdraw_secrets

__all__ = ["SECRETS", "Settings", "SettingsWrong", "withdraw_secrets"]
