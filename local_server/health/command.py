"""The command `doctor`: explain why the server does not start, or that nothing is wrong."""

import argparse
import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final

from local_server.health import examine_data, examine_machine, examine_parts, examine_program
from local_server.health.doctor import Examination, Patient, Verdict, examine

EXAMINATIONS: Final[tuple[tuple[str, Examination], ...]] = (
    ("python", examine_program.python),
    ("libraries", examine_program.libraries),
    ("settings", examine_program.settings),
    ("data directory", examine_data.directory),
    ("disk", examine_data.disk),
    ("key", examine_data.key),
    ("catalogue", examine_data.catalogue),
    ("database", examine_parts.database),
    ("queue", examine_data.queue),
    ("audit log", examine_data.audit_log),
    ("gallery folder", examine_data.gallery_folder),
    ("server", examine_machine.server),
    ("worker", examine_machine.worker),
    ("nodes", examine_parts.nodes),
    ("redis", examine_parts.redis),
    ("bucket", examine_parts.bucket),
    ("virus scan", examine_parts.virus_scan),
    ("sign-in provider", examine_parts.sign_in_provider),
    ("port", examine_machine.port),
    ("watcher", examine_machine.watches),
)
_SIGNS: Final = {Verdict.OK: "ok     ", Verdict.WARNING: "warning", Verdict.PROBLEM: "PROBLEM"}

_UNTOUCHED: Final = (
    "→ `--mend` has lost renditions made anew from their originals, and removes what nothing names."
)
_UNMENDED: Final = "→ What was not mended can't be made of an original: take it from a backup."


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="explain what is wrong, without a running server",
        description=__doc__,
        epilog="Exit status: 0 nothing that stops the server; 1 at least one problem.",
    )
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument("--json", action="store_true", help="print one JSON object a finding")
    parser.add_argument(
        "--blobs",
        action="store_true",
        help="look instead at every sealed object: is it there, whole, and known?",
    )
    parser.add_argument(
        "--mend",
        action="store_true",
        help="with --blobs: have lost renditions made anew, and remove what nothing names",
    )


def run(args: argparse.Namespace) -> int:
    """Examine and print; 1 where a problem was found."""
    environment = dict(os.environ)
    with suppress(ImportError):  # a library that is missing is a finding, further down
        from local_server.logs import log_to_terminal

        # Standard output is for findings, and they say themselves what is away.
        log_to_terminal(logging.ERROR)
    if args.blobs:
        return _blobs(args)
    patient = Patient(_root(args.data_dir, environment), environment)
    sound = True
    for finding in examine(patient, EXAMINATIONS):
        sound = sound and finding.status is not Verdict.PROBLEM
        if args.json:
            told = {
                "check": finding.check,
                "status": finding.status.value,
                "sentence": finding.sentence,
                "advice": finding.advice,
            }
            print(json.dumps(told), flush=True)
        else:
            print(f"{_SIGNS[finding.status]}  {finding.check}: {finding.sentence}", flush=True)
            if finding.advice:
                print(f"         → {finding.advice}", flush=True)
    return 0 if sound else 1


def _blobs(args: argparse.Namespace) -> int:
    """Look at every sealed object; 1 where something is wrong that was not mended."""
    from datetime import UTC, datetime

    from local_server.installation import exists, opened
    from local_server.jobs.inspection import Inspection, told
    from local_server.settings import Settings

    settings = Settings.load(os.environ, data_dir=args.data_dir)
    if not exists(settings):
        print(f"{settings.data_dir} holds no installation yet.")
        return 0
    sound = True
    with opened(settings, make=False) as installation:
        inspection = Inspection(installation.database, installation.blobs, lambda: datetime.now(UTC))
        for finding in inspection.run(mend=args.mend):
            sound = sound and finding.mended
            print(json.dumps(asdict(finding)) if args.json else told(finding), flush=True)
    if not args.json:
        print(f"{inspection.looked_at:,} sealed objects were looked at.")
        if not sound:
            print(_UNMENDED if args.mend else _UNTOUCHED)
    return 0 if sound else 1


def _root(chosen: Path | None, environment: Mapping[str, str]) -> Path:
    """Return the data directory, even where the settings or the library that knows the default are broken."""
    if chosen is None and (written := environment.get("DATA_DIR", "").strip()):
        chosen = Path(written)
    if chosen is None:
        try:
            from local_server.data_directory import default_root
        except ImportError:
            chosen = Path("~/.local/share/vaultsecure")
        else:
            chosen = default_root()
    return chosen.expanduser().absolute()
