"""Which levels a machine holds by its own word, and where that word contradicts itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from local_server.accounts import people_queries
from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.events import announce
from local_server.features.models import GUARD_TRIAL
from local_server.features.service import Features
from local_server.guard import queries
from local_server.guard.models import Claim, Standing, Told

# A word counts this long; desktops repeat it every minute.
COUNTS: Final = timedelta(seconds=150)
# A sentinel beats five times a second at most; what is delayed comes in one go.
_BEATS_A_SECOND: Final = 10.0
_SLACK: Final = 100
_STILL: Final = timedelta(seconds=10)
_GUARDED: Final = ("guarded", "sealed")


class Claims:
    """Takes the word of desktops: it cannot be proved, but what contradicts itself is known and recorded."""

    def __init__(
        self, database: Database, features: Features, audit: Audit, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._features = features
        self._audit = audit
        self._clock = clock

    def tell(self, caller: Caller, claim: Claim) -> Standing:
        """Take what a session's machine can hold from now on; return what holds for it."""
        now = self._clock()
        with self._database.write() as connection:
            before = queries.told(connection, caller.viewing_session_id)
            doubt = contradiction(before, claim, now)
            holds = "marked" if doubt else claim.holds
            reason = doubt or claim.reason
            queries.tell(
                connection, caller.viewing_session_id, holds, reason, claim.sentinel, now, now + COUNTS
            )
            if doubt and before.doubted_at is None:
                queries.set_moment(connection, caller.viewing_session_id, "doubted_at", now)
                self._record(connection, caller, "machine_doubted", {"claimed": claim.holds, "reason": doubt})
                announce(connection, now, "machine_doubted", {"account": caller.name}, staff_only=True)
            elif before.holds != holds:
                self._record(connection, caller, "machine_holds", {"level": holds, "reason": reason})
            strong = caller.strong
            if claim.strengthen and before.strengthened_at is None:
                queries.set_moment(connection, caller.viewing_session_id, "strengthened_at", now)
                self._record(connection, caller, "mark_strengthened", {})
                strong = True
            exemption = people_queries.exemption(connection, caller.account_id)
            if exemption is not None and exemption.expires_at is not None and exemption.expires_at <= now:
                exemption = None
            quiet = tuple(queries.quiet_programs(connection, now))
        return Standing(holds, reason, strong, self._features.on(GUARD_TRIAL, caller.role), exemption, quiet)

    def _record(self, connection: Connection, caller: Caller, kind: str, detail: dict[str, object]) -> None:
        self._audit.record(
            connection,
            kind,
            account_id=caller.account_id,
            account_name=caller.name,
            viewing_session_id=caller.viewing_session_id,
            detail={**detail, "machine": caller.machine_name},
        )


def contradiction(before: Told, claim: Claim, now: datetime) -> str:
    """Return in what a claim cannot be true, seen beside the one before; empty where it can."""
    if claim.holds not in _GUARDED:
        return ""
    if claim.sentinel is None or claim.sentinel.beats < 1:
        return "it claims a live guard and has no sentinel that beats."
    if before.sentinel is None or before.told_at is None or before.sentinel.id != claim.sentinel.id:
        return ""
    passed, beats = now - before.told_at, claim.sentinel.beats - before.sentinel.beats
    if beats < 0:
        return "its sentinel has beaten less often than before."
    if beats > _SLACK + _BEATS_A_SECOND * passed.total_seconds():
        return "its sentinel has beaten more often than time allows."
    # A machine that slept beats no more than it woke: beyond its word's time nothing is compared.
    if beats == 0 and _STILL <= passed <= COUNTS:
        return "it claims a live guard, and its sentinel does not beat."
    return ""
