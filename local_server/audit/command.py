"""The command `audit`: verify, list or export the audit log of a data directory, with or without a server."""

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from local_server.audit.checkpoint import PURPOSE, Checkpoint, Signer, holds, is_public_key
from local_server.audit.exported import FileVerification, verify_file
from local_server.audit.log import AuditLog
from local_server.audit.service import Audit, checkpoint_as_object
from local_server.errors import Rejection
from local_server.installation import Installation, exists, opened
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
    verify = actions.add_parser(
        "verify",
        help="walk the whole chain, or an exported file, and name the first entry that is wrong",
        description="Without FILE: walk the chain of an installation, with its key. With FILE: check an "
        "exported log by itself; with --key it must be signed by that key, with --data-dir by that "
        "installation's, and each entry is checked with its secret key, too.",
    )
    verify.add_argument("file", type=Path, nargs="?", metavar="FILE", help="an exported log")
    verify.add_argument(
        "--key", type=_public_key, metavar="KEY", help="the public key that must have signed FILE"
    )
    listing = actions.add_parser("list", help="print entries for people, or as JSON lines")
    export = actions.add_parser("export", help="print every entry with its hashes, as JSON lines")
    checkpoints = actions.add_parser("checkpoints", help="list the signed checkpoints")
    key = actions.add_parser("key", help="print the public key that checks the signatures of checkpoints")
    for action in (verify, listing, export, checkpoints, key):
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
    if args.action == "verify" and args.file is not None:
        return _verify_file(args)
    with _opened(args.data_dir) as (audit, _):
        match args.action:
            case "verify":
                return _verify(audit, as_json=args.json)
            case "checkpoints":
                return _list_checkpoints(audit, as_json=args.json)
            case "export":
                _print(audit.exported(), as_json=True)
            case "key":
                told = {"public_key": audit.public_key, "installation": audit.installation}
                print(json.dumps(told) if args.json else audit.public_key)
            case _:
                _list(audit, args)
    return 0


def _list(audit: Audit, args: argparse.Namespace) -> None:
    kinds, since = frozenset(args.kind), None if args.since is None else _moment(args.since)
    if args.limit is None:
        _print(audit.entries(kinds=kinds, since=since), as_json=args.json)
    else:
        _print(audit.newest(kinds=kinds, since=since, limit=args.limit), as_json=args.json)


def _verify(audit: Audit, *, as_json: bool) -> int:
    found = audit.verify(whole=True)
    if as_json:
        told = {
            "intact": found.intact,
            "entries": found.entries,
            "first_bad": found.first_bad,
            "what": found.what,
            "checkpoints": found.checkpoints,
            "signed_to": found.signed_to,
        }
        print(json.dumps(told))
    elif found.intact:
        print(f"All {found.entries:,} entries of the audit log verify.")
        if found.checkpoints:
            signed = _counted(found.checkpoints, "signed checkpoint", "signed checkpoints")
            print(f"They agree with {signed}, to entry {found.signed_to:,}.")
    else:
        print(f"The audit log was tampered with; {found.entries:,} entries verify. {found.what}")
    return 0 if found.intact else 1


def _verify_file(args: argparse.Namespace) -> int:
    public_key, secret = args.key, None
    if args.data_dir is not None:
        with _opened(args.data_dir) as (audit, installation):
            public_key, secret = public_key or audit.public_key, installation.keys.derive("audit")
    found = verify_file(args.file, public_key, secret)
    known = public_key is not None
    if args.json:
        print(json.dumps({"intact": found.intact, "key_given": known, **asdict(found)}))
    elif found.what is not None:
        print(f"The file was tampered with; {found.entries:,} entries are in order. {found.what}")
    else:
        print("\n".join(_shown(found, key_given=known, each=secret is not None)))
    return 0 if found.intact else 1


def _shown(found: FileVerification, *, key_given: bool, each: bool) -> Iterator[str]:
    """Say what an untouched file proves, and what it does not."""
    yield f"{found.entries:,} entries of installation {found.installation}, in order and without a gap."
    if found.checkpoints:
        hold = _counted(found.checkpoints, "signature holds", "signatures hold")
        yield (
            f"{hold}: up to entry {found.signed_to:,} every entry is what was signed, and none was removed, "
            "inserted or moved."
        )
    if each:
        yield "Each entry also fits its hash under the installation's secret key."
    if key_given:
        yield f"They were made with the key that you trust: {found.public_key}"
    else:
        yield f"They were made with the key that the file itself names: {found.public_key}"
        yield (
            "Whoever writes a whole file anew can name a key of their own: compare it with what "
            "`vaultsecure-server audit key` prints at the installation, or give that one with --key."
        )


def _list_checkpoints(audit: Audit, *, as_json: bool) -> int:
    """Print every checkpoint; 1 where one's signature does not hold."""
    good = True
    for checkpoint in audit.checkpoints():
        valid = checkpoint is not None and holds(checkpoint, audit.public_key, audit.installation)
        good = good and valid
        print(_shown_checkpoint(checkpoint, valid=valid, as_json=as_json))
    return 0 if good else 1


def _shown_checkpoint(checkpoint: Checkpoint | None, *, valid: bool, as_json: bool) -> str:
    if checkpoint is None:
        return json.dumps({"checkpoint": None, "valid": False}) if as_json else "a checkpoint was damaged"
    told = checkpoint_as_object(checkpoint)
    if as_json:
        return json.dumps({**told, "valid": valid})
    state = "signed" if valid else "FORGED"
    return f"{checkpoint.sequence:>8}  {told['time']}  {state}  {checkpoint.hash}"


def _print(entries: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            print(json.dumps(entry))
        else:
            who, detail = entry["account"] or "-", json.dumps(entry["detail"])
            print(f"{entry['sequence']:>6}  {entry['time']}  {who}  {entry['kind']}  {detail}")


@contextmanager
def _opened(data_dir: Path | None) -> Iterator[tuple[Audit, Installation]]:
    settings = Settings.load(os.environ, data_dir=data_dir)
    if not exists(settings):
        raise NoAuditLog(f"{settings.data_dir} has no catalogue, or no key was made for it.")
    with opened(settings, make=False) as installation:
        keys = installation.keys
        log = AuditLog(keys.derive("audit"), _now)
        signer = Signer(keys.derive(PURPOSE), installation.id)
        yield Audit(installation.database, log, signer, _now, monotonic), installation


def _now() -> datetime:
    return datetime.now(UTC)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _moment(written: str) -> datetime:
    try:
        # Without a zone it is this machine's time.
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAMoment(f"{written!r} cannot be read.") from None


def _public_key(written: str) -> str:
    key = written.strip().lower()
    if not is_public_key(key):
        raise argparse.ArgumentTypeError("must be what `vaultsecure-server audit key` prints")
    return key


def _count(written: str) -> int:
    number = int(written)
    if number < 1:
        raise ValueError
    return number
