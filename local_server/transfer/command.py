"""The command `migrate-store`: take everything from the embedded parts to PostgreSQL and S3, or back."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from local_server.data_directory import DataDirectory
from local_server.installation import demand, opened
from local_server.settings import Settings
from local_server.storage.keys import system_key_store
from local_server.transfer.service import Transferred, alone, opened_target, transfer
from local_server.transfer.settings_file import read_settings


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "migrate-store",
        help="take catalogue and pictures to another database and storage",
        description="Copy the catalogue and the sealed pictures from where the settings say to where the "
        "settings in FILE say, and compare both sides. Nothing is changed at the source; a run that was "
        "broken off can be started again. No server or worker may run meanwhile.",
    )
    parser.add_argument(
        "--to-settings",
        type=Path,
        required=True,
        metavar="FILE",
        help="the settings of the target, a NAME=value a line, readable by you alone; "
        "without DATA_DIR in it, the data directory stays the same",
    )
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Transfer, and print what is on both sides."""
    here = Settings.load(os.environ, data_dir=args.data_dir)
    there = read_settings(args.to_settings, here.data_dir)
    demand(here)
    with (
        alone(DataDirectory(here.data_dir)),
        opened(here, make=False) as source,
        opened_target(source, there, system_key_store()) as target,
    ):
        done = transfer(source, target, lambda: datetime.now(UTC), lambda text: _say(text, args.json))
    if args.json:
        print(json.dumps(asdict(done)))
    else:
        _print(done)
    return 0


def _say(text: str, as_json: bool) -> None:
    if not as_json:
        print(text, file=sys.stderr)


def _print(done: Transferred) -> None:
    for name, tally in done.tables.items():
        print(f"{name:<22} {tally.rows:>9,} rows  {tally.sha256}")
    print(f"{'sealed pictures':<22} {done.objects.objects:>9,}       {done.objects.sha256}")
    print(
        "Both sides are the same. Start servers and workers with the settings of the target from now on; "
        "the source is unchanged, and must not be used beside it."
    )
