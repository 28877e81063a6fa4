"""The command `audit`: verify, list or export the audit log of a data directory, with or without a server."""

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from local_server.audit.log import AuditLog
from local_server.audit.service import Audit
from local_server.errors import Rejection
from local_server.installation import exists, opened
from local_server.settings import Settings


class NoAuditLog(Rejection):
    """There is no catalogue to read."""

    code = "no_audit_log"
    title = "There is no audit log here"
    advice = (
        "Name the data directory of an installation with --data-dir; the first start of a server makes it."
    )


class NotAMoment(Rejection):
    """The text of --since is no time."""

    code = "not_a_moment"
    title = "That is not a time"
    advice = "Write a date or a time as ISO 8601 has it: 2026-11-23 or 2026-11-23T09:40:00Z."


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "audit",
        help="verify, list or export the audit log",
        description=__doc__,
        epilog="Exit status: 0 done; 1 the log was tampered with; 2 wrong use; 3 unreadable.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser("verify", help="walk the whole chain and name the first entry that is wrong")
    listing = actions.add_parser("list", help="print entries for people, or as JSON lines")
    export = actions.add_parser("export", help="print every entry with its hashes, as JSON lines")
    for action in (verify, listing, export):
        action.add_argument(
            "--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie"
        )
        action.add_argument("--json", action="store_true", help="print JSON lines")
    listing.add_argument(
        "--kind", action="append", default=[], help="only entries of this kind; may be repeated"
    )
    listing.add_argument("--since", metavar="TIME", help="only entries from this time on (ISO 8601)")
    listing.add_argument("--limit", type=_count, default=None, help="only the newest so many")


def run(args: argparse.Namespace) -> int:
    """Do the action; 1 where the chain does not hold."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    with _opened(settings) as audit:
        if args.action == "verify":
            return _verify(audit, as_json=args.json)
        if args.action == "export":
            _print(audit.entries(), as_json=True)
            return 0
        kinds, since = frozenset(args.kind), None if args.since is None else _moment(args.since)
        if args.limit is None:
            _print(audit.entries(kinds=kinds, since=since), as_json=args.json)
        else:
            _print(audit.newest(kinds=kinds, since=since, limit=args.limit), as_json=args.json)
    return 0


def _verify(audit: Audit, *, as_json: bool) -> int:
    found = audit.verify(whole=True)
    if as_json:
        told = {
            "intact": found.intact,
            "entries": found.entries,
            "first_bad": found.first_bad,
            "what": found.what,
        }
        print(json.dumps(told))
    elif found.intact:
        print(f"All {found.entries:,} entries of the audit log verify.")
    else:
        print(f"The audit log was tampered with; {found.entries:,} entries verify. {found.what}")
    return 0 if found.intact else 1


def _print(entries: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            print(json.dumps(entry))
        else:
            who, detail = entry["account"] or "-", json.dumps(entry["detail"])
            print(f"{entry['sequence']:>6}  {entry['time']}  {who}  {entry['kind']}  {detail}")


@contextmanager
def _opened(settings: Settings) -> Iterator[Audit]:
    if not exists(settings):
        raise NoAuditLog(f"{settings.data_dir} has no catalogue, or no key was made for it.")
    with opened(settings, make=False) as installation:
        log = AuditLog(installation.keys.derive("audit"), lambda: datetime.now(UTC))
        yield Audit(installation.database, log, monotonic)


def _moment(written: str) -> datetime:
    try:
        # Without a zone it is this machine's time.
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAMoment(f"{written!r} cannot be read.") from None


def _count(written: str) -> int:
    number = int(written)
    if number < 1:
        raise ValueError
    return number
