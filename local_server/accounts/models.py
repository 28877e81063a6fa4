"""Who is asking: roles and the caller that a checked access token stands for."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; each route names the roles it serves, and no role is served by default."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"
    KIOSK = "kiosk"
    AUDITOR = "auditor"


LOOKS_AT_PICTURES = frozenset({Role.ADMIN, Role.MANAGER, Role.VIEWER, Role.KIOSK})
CURATES = frozenset({Role.ADMIN, Role.MANAGER})
READS_RECORDS = frozenset({Role.ADMIN, Role.AUDITOR})
EVERYONE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person on one machine: account, viewing session, and the mark all their pixels carry."""

    account_id: str
    name: str
    role: Role
    viewing_session_id: str
    mark: int
    machine_name: str
