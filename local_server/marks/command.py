"""The command `trace`: read the mark out of leaked files and say whose it is, with or without a server."""

import argparse
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_server.audit.entry import written
from local_server.errors import Rejection
from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Refused
from local_server.installation import demand, opened
from local_server.marks.codec import Codec
from local_server.marks.service import Trace, Tracer
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
    parser.add_argument("files", nargs="+", metavar="FILE", help="a copy, a screenshot, or a part of either")
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")


def run(args: argparse.Namespace) -> int:
    """Trace each file; 1 where no mark was found in any."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    found = unreadable = False
    with _tracer(settings) as tracer:
        for name in args.files:
            try:
                trace = _traced(tracer, name)
            except FileUnreadable as rejection:
                unreadable = True
                print(f"{rejection.title}: {rejection.detail}", file=sys.stderr)
                trace = Trace(refused=Refused(rejection.code, f"{rejection.title}."))
            found = found or trace.mark is not None
            print(json.dumps(_line(name, trace)) if args.json else _sentence(name, trace), flush=True)
    if unreadable and not found:
        return 2
    return 0 if found else 1


def _traced(tracer: Tracer, name: str) -> Trace:
    try:
        source = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise FileUnreadable(f"{name}: {error.strerror}.") from error
    try:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise FileUnreadable(f"{name}: it is not a file.")
        return tracer.trace(source)
    finally:
        os.close(source)


def _line(name: str, trace: Trace) -> dict[str, object]:
    return {
        "file": name,
        "mark": None if trace.mark is None else trace.mark.text,
        "account": trace.account,
        "viewing_session": trace.viewing_session,
        "picture": trace.picture,
        "time": None if trace.time is None else written(trace.time),
        "confidence": trace.confidence,
    }


def _sentence(name: str, trace: Trace) -> str:
    if trace.refused is not None:
        return f"{name}: {trace.refused.reason}"
    if trace.mark is None or trace.time is None:
        return f"{name}: no mark of this installation was found."
    picture = f"picture {trace.picture}" if trace.picture else "the picture is not certain"
    return (
        f"{name}: {trace.account} on {trace.machine}, {trace.time:%d %B %Y %H:%M} UTC; mark {trace.mark}, "
        f"session {trace.viewing_session}, {picture}; clarity {trace.agreement:.0f}."
    )


@contextmanager
def _tracer(settings: Settings) -> Iterator[Tracer]:
    demand(settings)
    with opened(settings, make=False) as installation:
        decoder = Decoder()
        try:
            codec = Codec(installation.keys.derive("marks"))
            yield Tracer(installation.database, installation.blobs, codec, decoder)
        finally:
            decoder.close()
