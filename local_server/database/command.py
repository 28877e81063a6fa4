"""The command `migrate`: bring the catalogue to this version, without starting anything."""

import argparse
import json
import os
from pathlib import Path

from local_server.data_directory import DataDirectory
from local_server.database.migrate import HEAD, bring_up_to_date
from local_server.settings import Settings


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser("migrate", help="bring the catalogue to this version", description=__doc__)
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Upgrade, and say from where to where."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    data = DataDirectory(settings.data_dir)
    data.prepare()
    # Not under a running server: it holds statements prepared for the tables as they are.
    with data.hold("server"):
        before = bring_up_to_date(data, settings.catalogue_url)
    if args.json:
        print(json.dumps({"before": before, "after": HEAD, "changed": before != HEAD}))
    elif before == HEAD:
        print(f"The catalogue is up to date (revision {HEAD}).")
    else:
        print(f"The catalogue was brought from revision {before or '(new)'} to {HEAD}.")
    return 0
