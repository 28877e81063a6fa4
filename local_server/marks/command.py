"""The command `trace`: read the marks out of leaked files and say whose they are; needs no server."""

import argparse
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local_server.accounts.audit import Audit
from local_server.accounts.models import COMMAND_LINE
from local_server.audit.log import AuditLog
from local_server.database.engine import Database
from local_server.errors import Rejection
from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Refused
from local_server.installation import demand, opened
from local_server.library.originals import content_hash
from local_server.marks.codec import Codec
from local_server.marks.models import Outcome, Trace
from local_server.marks.report import audited, lines, report
from local_server.marks.tracer import Tracer
from local_server.settings import Settings


class FileUnreadable(Rejection):
    """A file to trace cannot be opened."""

    code = "file_unreadable"
    title = "The file cannot be read"
    advice = "Check its name, and that your user may read it."


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "trace",
        help="say who saw a leaked picture",
        description=__doc__,
        epilog="Exit status: 0 a mark was found; 1 in no file; 2 wrong use; 3 something is broken.",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a screenshot, a copy, a part of either, a photo of a screen, a PDF, a video; or a folder",
    )
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")


def run(args: argparse.Namespace) -> int:
    """Trace each file; 1 where no mark was found in any."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    found = unreadable = False
    with _desk(settings) as desk:
        for name in _files(args.files):
            try:
                digest, trace = desk.trace(name)
            except FileUnreadable as rejection:
                unreadable = True
                print(f"{rejection.title}: {rejection.detail}", file=sys.stderr)
                digest, trace = None, Trace(refused=Refused(rejection.code, f"{rejection.title}."))
            found = found or trace.outcome is Outcome.MARKED
            if args.json:
                print(json.dumps({"file": name, "content_hash": digest, **_flat(trace)}), flush=True)
            else:
                print("\n  ".join((name, *lines(trace))), flush=True)
    if unreadable and not found:
        return 2
    return 0 if found else 1


def _files(names: list[str]) -> Iterator[str]:
    """Yield the files that are named, and those in folders that are."""
    for name in names:
        inside = [str(path) for path in sorted(Path(name).rglob("*")) if path.is_file()]
        yield from inside or [name]


def _flat(trace: Trace) -> dict[str, Any]:
    """Return the report, with what it says of the clearest mark at hand."""
    told = report(trace, maps=False)
    first = told["marks"][0] if told["marks"] else {}
    keys = ("mark", "account", "viewing_session", "picture", "time")
    return {**{key: first.get(key) for key in keys}, "confidence": first.get("probability"), **told}


@dataclass(frozen=True, slots=True)
class _Desk:
    """Traces files, and has each trace in the audit log."""

    tracer: Tracer
    database: Database
    audit: Audit

    def trace(self, name: str) -> tuple[str, Trace]:
        """Return the hash of a file's content and what it says. Raises FileUnreadable."""
        try:
            source = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise FileUnreadable(f"{name}: {error.strerror}.") from error
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                raise FileUnreadable(f"{name}: it is not a file.")
            digest = content_hash(source)
            trace = self.tracer.trace(source)
        finally:
            os.close(source)
        with self.database.write() as connection:
            self.audit.record(
                connection,
                "leak_traced",
                account_name=COMMAND_LINE.name,
                detail={"file": Path(name).name, "content_hash": digest, **audited(trace)},
            )
        return digest, trace


@contextmanager
def _desk(settings: Settings) -> Iterator[_Desk]:
    demand(settings)
    with opened(settings, make=False) as installation:
        decoder = Decoder()
        keys = installation.keys
        try:
            tracer = Tracer(installation.database, installation.blobs, Codec(keys.derive("marks")), decoder)
            log = AuditLog(keys.derive("audit"), lambda: datetime.now(UTC))
            yield _Desk(tracer, installation.database, log)
        finally:
            decoder.close()
