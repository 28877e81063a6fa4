"""Runs the gauntlet whole: every tool, level and manager; the table goes to build/gauntlet.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.protection.gauntlet.attempts import Outcome
from tests.protection.gauntlet.rounds import run_rounds
from tests.protection.gauntlet.table import summary, table
from tests.protection.gauntlet.target import LEVELS, MANAGERS, Target
from tests.protection.gauntlet.tools import ALL
from tests.tour.program import ROOT

RUNS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the gauntlet; exit status 1 when a tool is not installed."""
    parser = argparse.ArgumentParser(prog="python -m tests.protection.gauntlet", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"how often each tool is run ({RUNS})")
    parser.add_argument("--tool", nargs="+", choices=ALL, default=list(ALL), metavar="T", help="these only")
    parser.add_argument("--level", nargs="+", choices=LEVELS, default=LEVELS, help="at these only")
    parser.add_argument(
        "--beside", nargs="+", choices=MANAGERS, default=list(MANAGERS), help="with these only"
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "build" / "gauntlet.md", help="the table's file"
    )
    chosen = parser.parse_args(arguments)
    missing = {name: ALL[name].package for name in chosen.tool if not ALL[name].here}
    for name, package in missing.items():
        sys.stdout.write(f"NOT HERE {name}: apt-get install {package}\n")
    tools = {name: ALL[name] for name in chosen.tool if name not in missing}
    with tempfile.TemporaryDirectory(prefix="vaultsecure-gauntlet-") as scratch, ExitStack() as ends:
        targets = []
        for level in chosen.level:
            for manager in chosen.beside:
                folder = Path(scratch) / f"{level}-{manager}"
                folder.mkdir()
                targets.append(Target(folder, level, manager))
                ends.callback(targets[-1].close)
        outcomes = run_rounds([(target, tools) for target in targets], chosen.runs, _tell)
    lines = [summary(outcomes, level) for level in chosen.level]
    text = table(outcomes)
    sys.stdout.write(f"\n{text}\n")
    for line in lines:
        sys.stdout.write(f"{line}\n")
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(text + "\n" + "\n\n".join(lines) + "\n")
    return 1 if missing else 0


def _tell(outcome: Outcome) -> None:
    got = f"{outcome.leaked} of {outcome.frames} frames leaked" if outcome.wrote else "no file"
    trouble = [
        word
        for word, good in (
            ("NOT RECORDED", outcome.recorded), ("NOT NAMED", outcome.named),
            ("NEVER DARK", outcome.dark), ("NOT BACK", outcome.back),
        )
        if not good
    ]  # fmt: skip
    shield = "" if outcome.shield_ms is None else f", shield after {outcome.shield_ms:.1f} ms"
    words = " ".join([*trouble, outcome.said.strip().replace("\n", " ")]).strip()
    sys.stdout.write(
        f"{outcome.level} {outcome.manager} {outcome.tool}: {got}{shield} {words}\n".rstrip() + "\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
