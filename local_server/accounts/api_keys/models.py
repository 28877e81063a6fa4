"""What a key may be used for, and what is known of one."""

from dataclasses import dataclass
from datetime import datetime

from local_server.accounts.models import KeyScope


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its text, of which only a hash is kept; `hint` is how it begins."""

    id: str
    account_id: str
    account_name: str
    name: str
    hint: str
    scopes: tuple[KeyScope, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
