"""The command `import`: take files into the library, to the end, with or without a running server."""

import argparse
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from local_server.importer import queries
from local_server.importer.fingerprint import Fingerprint, fingerprint
from local_server.importer.gallery import chosen_folder
from local_server.importer.ingest import Ingest, Outcome
from local_server.importer.register import Register
from local_server.importer.walk import files_of
from local_server.installation import Installation, opened
from local_server.logs import close_logs, open_logs
from local_server.settings import Settings

ACCEPTED: Final = "accepted"
DUPLICATE: Final = "duplicate"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one file; the size is that of the upright picture."""

    path: str
    status: str
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    content_hash: str | None = None


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "import", help="take files and folders of pictures into the library", description=__doc__
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a folder with all below it")
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each file")


def run(args: argparse.Namespace) -> int:
    """Import every file; 0 when all were taken or known already, 1 when some were refused."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    counts = {ACCEPTED: 0, DUPLICATE: 0, REFUSED: 0}
    with opened(settings) as installation:
        open_logs(installation.data.logs, "worker", settings.log_level)
        try:
            for line in import_paths(installation, [os.fsencode(path) for path in args.paths]):
                counts[line.status] += 1
                print(json.dumps(asdict(line)) if args.json else _spoken(line), flush=True)
        finally:
            close_logs()
    if not args.json:
        print(", ".join(f"{number} {status}" for status, number in counts.items()))
    return 1 if counts[REFUSED] else 0


def import_paths(installation: Installation, paths: list[bytes]) -> Iterator[Line]:
    """Import files and folders and yield a line for each file, in order."""
    importing = _Importing(installation)
    try:
        with ThreadPoolExecutor(installation.settings.worker_concurrency, "import") as pool:
            given = [(path, root) for path in paths for root in [_root_of(path)]]
            files = ((file, root) for path, root in given for file in files_of(path))
            waiting = [pool.submit(importing.one, file, root) for file, root in files]
            try:
                for future in waiting:
                    yield future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        importing.close()


class _Importing:
    """What the threads of one run share, and what each has of its own."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._database = installation.database
        self._register = Register(self._database, _now)
        self._owner = f"import:{os.getpid()}:{secrets.token_hex(4)}"
        self._benches = threading.local()
        self._open: list[Ingest] = []
        self._accepted: set[str] = set()
        self._lock = threading.Lock()
        with self._database.read() as connection:
            self._gallery = chosen_folder(connection)

    def one(self, given: bytes, root: bytes) -> Line:
        """Import one file to its end."""
        shown = os.fsdecode(given)
        # Who names a link means the file behind it.
        read = fingerprint(os.path.realpath(given), self._installation.settings.max_file_size)
        if not isinstance(read, Fingerprint):
            return Line(shown, REFUSED, read.reason)
        if self._gallery is not None and read.seen.path.startswith(self._gallery.rstrip(b"/") + b"/"):
            root = self._gallery
        elif not read.seen.path.startswith(root.rstrip(b"/") + b"/"):
            root = read.seen.path.rpartition(b"/")[0] or b"/"
        (entered,) = self._register.enter(root, [read])
        if entered.status == queries.REFUSED:
            # Whoever asks by name wants to know anew: the limits or the decoders may be others by now.
            with self._database.write() as connection:
                queries.wait_again(connection, entered.picture_id)
        if entered.status != queries.READY and self._finish(entered.picture_id) is Outcome.GONE:
            return Line(shown, REFUSED, "The file was moved or changed while it was read.")
        with self._database.read() as connection:
            row = queries.picture(connection, entered.picture_id)
        if row.status == queries.REFUSED:
            return Line(shown, REFUSED, row.reason, content_hash=read.content_hash)
        with self._lock:
            known = entered.status == queries.READY or entered.picture_id in self._accepted
            self._accepted.add(entered.picture_id)
        return Line(shown, DUPLICATE if known else ACCEPTED, None, row.width, row.height, read.content_hash)

    def close(self) -> None:
        """End the decoders."""
        for ingest in self._open:
            ingest.close()

    def _finish(self, picture_id: str) -> Outcome:
        """Bring a picture to its end, or wait for who is at it."""
        while True:
            outcome = self._ingest().finish(picture_id)
            if outcome is not Outcome.NOT_OURS:
                return outcome
            with self._database.read() as connection:
                row = queries.picture(connection, picture_id)
            if row.status != queries.WAITING:
                return outcome
            time.sleep(0.05)

    def _ingest(self) -> Ingest:
        ingest: Ingest | None = getattr(self._benches, "ingest", None)
        if ingest is None:
            ingest = Ingest(self._installation, _now, self._owner)
            self._benches.ingest = ingest
            self._open.append(ingest)
        return ingest


def _now() -> datetime:
    return datetime.now(UTC)


def _root_of(path: bytes) -> bytes:
    """Return the folder that a given path is shown below: itself, or the one a file lies in."""
    absolute = os.path.realpath(path)
    return absolute if Path(os.fsdecode(absolute)).is_dir() else absolute.rpartition(b"/")[0] or b"/"


def _spoken(line: Line) -> str:
    what = line.reason if line.status == REFUSED else f"{line.width} x {line.height}"
    return f"{line.status:9}  {line.path}  ({what})"
