"""The rules of the switches: what holds for a role, and who changed it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller, Role
from local_server.database.engine import Database
from local_server.events import announce
from local_server.features import queries
from local_server.features.errors import FeatureOff, FeatureUnknown
from local_server.features.models import FEATURES, Feature, Switched


class Features:
    """Reads and sets switches; nothing is kept in memory, so that every server of a house agrees."""

    def __init__(self, database: Database, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def on(self, name: str, role: Role) -> bool:
        """Say whether a role has a feature."""
        feature = _known(name)
        with self._database.read() as connection:
            chosen = queries.switched_for(connection, name, role)
        return feature.default if chosen is None else chosen

    def check(self, name: str, role: Role) -> None:
        """Raise FeatureOff where a role does not have a feature."""
        if not self.on(name, role):
            raise FeatureOff(f"An admin has switched {name} off for the role {role.value}.")

    def of(self, role: Role) -> Mapping[str, bool]:
        """Return every feature as it is for a role."""
        return {switched.feature.name: switched.roles[role] for switched in self.all()}

    def all(self) -> list[Switched]:
        """Return every feature as it is for each role."""
        with self._database.read() as connection:
            chosen = queries.all_switched(connection)
        return [
            Switched(feature, {role: chosen.get((name, role.value), feature.default) for role in Role})
            for name, feature in FEATURES.items()
        ]

    def switch(self, caller: Caller, name: str, role: Role, *, enabled: bool) -> Switched:
        """Switch a feature for a role; where it is so already nothing is recorded."""
        feature = _known(name)
        now = self._clock()
        with self._database.write() as connection:
            chosen = queries.switched_for(connection, name, role)
            before = feature.default if chosen is None else chosen
            if before != enabled:
                queries.switch(
                    connection, name, role, enabled=enabled, changed_at=now, changed_by=caller.name
                )
                told = {"feature": name, "role": role.value, "enabled": enabled}
                self._audit.record(
                    connection,
                    "feature_switched",
                    account_id=caller.account_id,
                    account_name=caller.name,
                    viewing_session_id=caller.viewing_session_id,
                    detail=told,
                )
                announce(connection, now, "features_changed", told)
        return next(switched for switched in self.all() if switched.feature.name == name)


def _known(name: str) -> Feature:
    feature = FEATURES.get(name)
    if feature is None:
        raise FeatureUnknown
    return feature
