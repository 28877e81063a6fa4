"""The command `worker`: decode what waits, alone or as the child of the server."""

import argparse
import os
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from local_server import VERSION
from local_server.errors import Failure, Outage
from local_server.handshake import Parent
from local_server.hardening import harden
from local_server.health.alive_command import BEAT
from local_server.health.nodes import OwnNode
from local_server.installation import opened
from local_server.jobs.worker import Worker
from local_server.logs import close_logs, open_logs
from local_server.settings import Settings, withdraw_secrets


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser("worker", help="decode what waits in the queue", description=__doc__)
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument(
        "--embedded",
        action="store_true",
        help="speak with the server that started this one: JSON lines go to standard output, and the end of "
        "standard input is the end of the worker",
    )


def run(args: argparse.Namespace) -> int:
    """Work until told to stop."""
    harden()
    parent = Parent() if args.embedded else None
    try:
        _work(args, parent)
    except Failure as failure:
        if parent is None:
            raise
        parent.failed(failure)
        return 3 if isinstance(failure, Outage) else 2
    return 0


def _work(args: argparse.Namespace, parent: Parent | None) -> None:
    told = parent.read_settings() if parent else {}
    settings = Settings.load({**os.environ, **told}, data_dir=args.data_dir)
    withdraw_secrets(os.environ)
    with ExitStack() as stack:
        installation = stack.enter_context(opened(settings))
        open_logs(installation.data.logs, "worker", settings.log_level, to=settings.log_to)
        stack.callback(close_logs)
        stack.enter_context(installation.data.hold("worker"))
        worker = Worker(installation, _now)
        node = OwnNode(installation.database, "worker", _now)
        node.start()
        stack.callback(node.stop)
        if parent is None:
            print(f"VaultSecure Gallery {VERSION} decodes pictures; Ctrl+C stops it.", flush=True)
            beat = installation.data.locks / BEAT
            worker.run(settings.worker_concurrency, beat.touch, beat.touch)
        else:
            parent.on_end(worker.stop)
            worker.run(
                settings.worker_concurrency,
                lambda: parent.ready(pid=os.getpid(), version=VERSION),
                parent.heartbeat,
            )


def _now() -> datetime:
    return datetime.now(UTC)
