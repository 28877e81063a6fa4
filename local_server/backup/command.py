"""The commands `backup` and `restore`: one encrypted file of everything, and an installation made from it."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from local_server.audit.log import AuditLog
from local_server.backup.envelope import passphrase_of
from local_server.backup.errors import PassphraseUnfit
from local_server.backup.restore import SETTINGS_FILE, restore
from local_server.backup.service import Backup, verify
from local_server.installation import demand, opened
from local_server.settings import Settings
from local_server.storage.keys import system_key_store
from local_server.transfer.settings_file import private_text

_PASSPHRASE = "a file with the passphrase in one line, readable by you alone"  # noqa: S105  (its description)


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe both commands."""
    backup = subparsers.add_parser(
        "backup",
        usage="vaultsecure-server backup [verify] FILE --passphrase-file F [--data-dir D] [--json]",
        help="write an encrypted backup, or verify one",
        description="Write catalogue, sealed pictures and master key into FILE, encrypted; servers may run. "
        "With the word verify before it: read FILE to its end, and see that every byte is as it was written.",
        epilog="Exit status: 0 done; 1 done, but something was missing or damaged already; 2 wrong use, or "
        "refused; 3 something outside of the program is broken.",
    )
    backup.add_argument("words", nargs="+", metavar="[verify] FILE")
    restored = subparsers.add_parser(
        "restore",
        help="make an installation from a backup",
        description="Make a new installation from FILE in the data directory NEW, and in the database and "
        "storage that the settings name, which must be empty. FILE is verified before anything is written.",
    )
    restored.add_argument("file", type=Path, metavar="FILE")
    restored.add_argument("--data-dir", type=Path, metavar="NEW", required=True, help="a new or empty folder")
    backup.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    for parser in (backup, restored):
        parser.add_argument("--passphrase-file", type=Path, metavar="F", required=True, help=_PASSPHRASE)
        parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 where something was not whole before."""
    passphrase = passphrase_of(private_text(args.passphrase_file, PassphraseUnfit))
    if args.command == "restore":
        return _restore(args, passphrase)
    match args.words:
        case ["verify", file]:
            return _verify(Path(file), passphrase, as_json=args.json)
        case [file]:
            return _backup(Path(file), passphrase, args)
        case _:
            print("Write `backup FILE` or `backup verify FILE`.", file=sys.stderr)
            return 2


def _backup(file: Path, passphrase: bytes, args: argparse.Namespace) -> int:
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    demand(settings)
    with opened(settings, make=False) as installation:
        audit = AuditLog(installation.keys.derive("audit"), _now)
        made = Backup(installation, audit, _now).make(file.absolute(), passphrase)
    if args.json:
        print(json.dumps(asdict(made)))
    else:
        print(f"{file}: {made.objects:,} sealed pictures ({made.bytes:,} bytes), the catalogue and the key.")
        print("Keep the passphrase apart from it: nobody can open it without, and anybody with it can.")
    return _told(made.missing, made.damaged)


def _verify(file: Path, passphrase: bytes, *, as_json: bool) -> int:
    found = verify(file, passphrase)
    if as_json:
        print(json.dumps(asdict(found)))
    else:
        made_at = found.manifest.get("made_at")
        print(f"{file} is whole: made at {made_at}, with {found.objects:,} sealed pictures.")
    return 0


def _restore(args: argparse.Namespace, passphrase: bytes) -> int:
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    done = restore(args.file, passphrase, settings, system_key_store(), _now)
    if args.json:
        print(json.dumps({**asdict(done.backup), "audit_intact": done.audit.intact}))
    else:
        state = "verifies" if done.audit.intact else "does NOT verify"
        log = f"an audit log of {done.audit.entries:,} entries that {state}"
        print(f"Restored into {settings.data_dir}: {done.backup.objects:,} sealed pictures, and {log}.")
        print(f"The settings it ran with, without secrets, are in {settings.data_dir / SETTINGS_FILE}.")
    if not done.audit.intact:
        print(done.audit.what, file=sys.stderr)
    return max(_told(done.missing, done.damaged), 0 if done.audit.intact else 1)


def _told(missing: list[str], damaged: list[str]) -> int:
    """Say what was not whole before; return the exit status."""
    for names, what in ((missing, "are missing"), (damaged, "are damaged")):
        if names:
            shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            print(
                f"{len(names):,} stored pictures {what} at the installation itself: {shown}. What was made "
                "of an original is made anew after a restore.",
                file=sys.stderr,
            )
    return 1 if missing or damaged else 0


def _now() -> datetime:
    return datetime.now(UTC)
