"""The command `health`: ask the server or worker here whether it works, as a container's check does."""

import argparse
import http.client
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ANSWER_SECONDS: Final = 3.0
# A worker gives a sign of life twice a second.
SILENT_SECONDS: Final = 15.0
BEAT: Final = "worker.alive"


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "health",
        help="ask what runs here whether it works",
        description=__doc__,
        epilog="Exit status: 0 it works; 1 it does not, or does not answer.",
    )
    parser.add_argument("--port", type=int, help="the server's port, in place of the setting PORT")
    parser.add_argument("--worker", action="store_true", help="ask for a worker that runs by itself")
    parser.add_argument("--data-dir", type=Path, metavar="D", help="the data directory of the worker")


def run(args: argparse.Namespace) -> int:
    """Ask and print what was found."""
    reasons = _worker(args.data_dir) if args.worker else _server(args.port)
    sys.stdout.write("ok\n" if not reasons else f"unhealthy: {'; '.join(reasons)}\n")
    return 1 if reasons else 0


def _server(port: int | None) -> Sequence[str]:
    written = os.environ.get("PORT", "").strip()
    number = port if port is not None else int(written) if written.isdecimal() else 0
    if not number:
        return ["the port is not known: set PORT or give --port"]
    host = os.environ.get("HOST", "").strip()
    address = "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104  compared, not bound
    connection = http.client.HTTPConnection(address, number, timeout=ANSWER_SECONDS)
    try:
        # By this name every server is known to itself, whatever its other names are.
        connection.request("GET", "/health", headers={"Host": f"127.0.0.1:{number}"})
        answer = connection.getresponse()
        told = json.loads(answer.read(65_536))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return [f"{address}:{number} does not answer: {str(error) or type(error).__name__}"]
    finally:
        connection.close()
    if answer.status == http.HTTPStatus.OK:
        return []
    reasons = told.get("reasons") if isinstance(told, dict) else None
    return [str(reason) for reason in reasons or [f"it answered {answer.status}"]]


def _worker(data_dir: Path | None) -> Sequence[str]:
    written = os.environ.get("DATA_DIR", "").strip()
    if data_dir is None and not written:
        # Asked every few seconds in a container, which sets DATA_DIR: not loaded there.
        from local_server.data_directory import default_root

        data_dir = default_root()
    root = data_dir or Path(written)
    try:
        silent = time.time() - (root / "locks" / BEAT).stat().st_mtime
    except OSError as error:
        return [f"no worker has run by itself in {root}: {error.strerror}"]
    return [f"the worker is silent for {silent:.0f} s"] if silent > SILENT_SECONDS else []
