"""The parts of this room, put together from the settings."""

import time
from collections.abc import Callable
from datetime import datetime

from local_server.accounts.audit import Audit
from local_server.accounts.models import Role
from local_server.accounts.organisation.fetching import Fetching
from local_server.accounts.organisation.provider import Provider
from local_server.accounts.organisation.service import Organisation
from local_server.accounts.sessions import Sessions
from local_server.installation import Installation
from local_server.settings import Settings
from local_server.storage.sealing import Sealer


def build_organisation(
    installation: Installation, sessions: Sessions, audit: Audit, clock: Callable[[], datetime]
) -> Organisation:
    """Return the organisation of an installation's settings."""
    settings = installation.settings
    return Organisation(
        _provider(settings, clock),
        settings.oidc_name,
        settings.oidc_allowed_domains,
        Role(settings.oidc_new_accounts) if settings.oidc_new_accounts else None,
        installation.database,
        sessions,
        Sealer(installation.keys.derive("organisation")),
        audit,
        clock,
    )


def _provider(settings: Settings, clock: Callable[[], datetime]) -> Provider | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        None if secret is None else secret.get_secret_value(),
        Fetching(settings.oidc_issuer, settings.oidc_other_hosts),
        clock,
        time.monotonic,
    )
