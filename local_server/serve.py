"""The command `serve`: run the server, alone or as the child of the desktop."""

import argparse
import errno
import os
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from local_server import VERSION
from local_server.errors import Failure, Outage, Rejection
from local_server.handshake import Parent
from local_server.hardening import harden
from local_server.loading import loading
from local_server.memory import return_large_blocks

if TYPE_CHECKING:
    from local_server.data_directory import DataDirectory
    from local_server.installation import Installation
    from local_server.settings import Settings


class PortTaken(Outage):
    """Another program listens on the port."""

    code = "port_taken"
    title = "The port is taken"
    advice = "Stop the program that uses it, or set PORT to another one; 0 takes any that is free."


class AddressUnusable(Outage):
    """The address to listen at is none of this machine's."""

    code = "address_unusable"
    title = "The server can't listen there"
    advice = "Set HOST to an address of this machine, or to 0.0.0.0 for all of them."


class DependencyMissing(Outage):
    """A library of the server can't be loaded."""

    code = "dependency_missing"
    title = "A part of the program is missing"
    advice = "Install the program again; from a checkout, `make setup` does it."


class StartFailed(Outage):
    """A room of the server could not start; the log has the report."""

    code = "start_failed"
    title = "The server could not start"
    advice = "Look into logs/error.log of the data directory, and run `vaultsecure-server doctor`."


class NothingInstalled(Rejection):
    """Safe mode has nothing to look at."""

    code = "nothing_installed"
    title = "There is no installation to examine"
    advice = "Name its folder with --data-dir; a start without --safe makes a new one."


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser("serve", help="run the server", description=__doc__)
    parser.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    parser.add_argument("--port", type=int, help="the port at 127.0.0.1, in place of the setting PORT")
    parser.add_argument(
        "--embedded",
        action="store_true",
        help="speak with the program that started this one: its launch secret comes on standard input, "
        "JSON lines go to standard output, and the end of standard input is the end of the server",
    )

    parser.add_argument(
        "--safe",
        action="store_true",
        help="serve the diagnosis alone: no importer, no worker, no upgrade of the catalogue",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; a start that fails is told to the parent, or raised without one."""
    harden()
    parent = Parent() if args.embedded else None
    try:
        try:
            _serve(args, parent)
        except ModuleNotFoundError as error:
            raise DependencyMissing(f"The library {error.name} is not installed.") from error
    except Failure as failure:
        if parent is None:
            raise
        parent.failed(failure)
        return 3 if isinstance(failure, Outage) else 2
    except Exception as error:  # a bug: it is told, and crashes
        if parent is not None:
            parent.failed(StartFailed(f"{type(error).__name__}: {error}"))
        raise
    return 0


def _serve(args: argparse.Namespace, parent: Parent | None) -> None:
    # Here and not above: where a library is missing, the parent must hear which.
    from local_server.data_directory import DataDirectory
    from local_server.settings import Settings, withdraw_secrets

    environment = dict(os.environ)
    if args.port is not None:
        environment["PORT"] = str(args.port)
    settings = Settings.load(environment, data_dir=args.data_dir)
    withdraw_secrets(os.environ)
    data = DataDirectory(settings.data_dir)
    with ExitStack() as stack:
        listener = stack.enter_context(bound(settings.host, settings.port))
        secret = parent.read_secret() if parent else None
        data.prepare()
        stack.enter_context(data.hold("server"))
        _run(settings, data, listener, secret, parent, stack, safe=args.safe)


def _run(
    settings: "Settings",
    data: "DataDirectory",
    listener: socket.socket,
    secret: str | None,
    parent: Parent | None,
    stack: ExitStack,
    *,
    safe: bool,
) -> None:
    import faulthandler

    with loading():
        import uvicorn

        from local_server.app import build
        from local_server.installation import exists, opened
        from local_server.logs import close_logs, open_logs
        from local_server.web.listening import Listening

    return_large_blocks()
    # A crash in a codec or the interpreter leaves its stacks on standard error.
    faulthandler.enable()
    open_logs(data.logs, "server", settings.log_level, to=settings.log_to)
    stack.callback(close_logs)
    if safe and not exists(settings):
        raise NothingInstalled
    installation = stack.enter_context(opened(settings, make=not safe))
    port = listener.getsockname()[1]
    app = build(installation, port=port, launch_secret=secret, safe=safe)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        ws="websockets-sansio",
        ws_max_size=1 << 20,
        # A few bytes could become as many megabytes as fit into what is read at once.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    server = Listening(
        config, lambda: _began(port, parent, installation), parent.heartbeat if parent else None
    )
    if parent is not None:
        parent.on_end(server.stop)
    # uvicorn raises the signal that stopped it again; this end is a clean one, with exit status 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        server.run(sockets=[listener])
    except SystemExit as error:  # uvicorn's word for a lifespan that failed; its report is in the log
        raise getattr(app.state, "failure", StartFailed()) from error


def _began(port: int, parent: Parent | None, installation: "Installation") -> None:
    import structlog

    structlog.get_logger("serve").info("began", port=port, pid=os.getpid())
    if parent is not None:
        parent.ready(port=port, pid=os.getpid(), version=VERSION)
    else:
        sys.stdout.write(
            f"VaultSecure Gallery {VERSION} serves at http://127.0.0.1:{port}; Ctrl+C stops it.\n"
        )
        if (code := _setup_code(installation)) is not None:
            sys.stdout.write(
                f"There is no account yet. The set-up code is {code}; "
                "`vaultsecure-server user add` makes the first admin without it.\n"
            )
        sys.stdout.flush()


def _setup_code(installation: "Installation") -> str | None:
    """Return what the first admin has to know, as long as there is none."""
    from local_server.accounts.queries import count_accounts
    from local_server.accounts.setup_code import SetupCode

    with installation.database.read() as connection:
        if count_accounts(connection):
            return None
    return SetupCode(installation.keys.derive("setup"), installation.id).text


def bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to the port at an address of this machine; raises PortTaken."""
    # The protocol must be said: asyncio sets TCP_NODELAY only where it reads it, or each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(f"{host}:{port}: {error.strerror}", port=port) from error
        raise AddressUnusable(f"{host}: {error.strerror or error}") from error
    return listener
