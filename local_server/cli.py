"""The command line `vaultsecure-server`: runs a command from its room and turns failures into exit codes."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from local_server import VERSION
from local_server.errors import Failure, Outage
from local_server.loading import loading

# What is not asked for is not imported: --help must not wait for a codec.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("local_server.serve", "run the server"),
    "worker": ("local_server.jobs.command", "decode what waits in the queue"),
    "import": ("local_server.importer.command", "take files and folders of pictures into the library"),
    "apikey": ("local_server.accounts.api_keys.command", "make, list and revoke API keys"),
    "user": ("local_server.accounts.command", "add, list, close and open accounts; new passwords and codes"),
    "migrate": ("local_server.database.command", "bring the catalogue to this version"),
    "backup": ("local_server.backup.command", "write an encrypted backup, or verify one"),
    "restore": ("local_server.backup.command", "make an installation from a backup"),
    "migrate-store": ("local_server.transfer.command", "take everything to another database and storage"),
    "trace": ("local_server.marks.command", "say who saw a leaked picture"),
    "audit": ("local_server.audit.command", "verify, list or export the audit log, and list its checkpoints"),
    "health": ("local_server.health.alive_command", "ask what runs here whether it works"),
    "doctor": ("local_server.health.command", "explain what is wrong, without a running server"),
}

EPILOGUE: Final = (
    "Exit status: 0 done; 1 done, with a negative result; 2 wrong use, or refused; "
    "3 something outside of the program is broken; 130 interrupted."
)

DOCTOR: Final = "Run `vaultsecure-server doctor`: it names all that is missing, and what to do."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # What this program writes is for this user alone.
    os.umask(0o077)
    # A file's name may hold bytes that are no text: they go out as they came in.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")
    # Our matrices are small and our threads many: OpenBLAS's own threads cost five times the CPU they save.
    # It reads this when numpy is first imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(
        prog="vaultsecure-server", description="The server of VaultSecure Gallery.", epilog=EPILOGUE
    )
    parser.add_argument("--version", action="version", version=f"vaultsecure-server {VERSION}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    if wanted is None or wanted not in COMMANDS:
        for name, (_, summary) in COMMANDS.items():
            subparsers.add_parser(name, help=summary)
        parser.parse_args(arguments)
        parser.error(f"{wanted}: no such command")
    try:
        with loading():
            room = importlib.import_module(COMMANDS[wanted][0])
        room.add(subparsers)
        args = parser.parse_args(arguments)
        # The doctor must run, and the server must be able to say why it can't, where no library is left.
        if wanted not in ("doctor", "health", "serve"):
            from local_server.logs import log_to_terminal

            log_to_terminal()
        return int(room.run(args))
    except ModuleNotFoundError as error:
        print(f"The library {error.name} is missing.\n{DOCTOR}", file=sys.stderr)
        return 3
    except Failure as failure:
        said = failure.title if failure.detail == failure.title else f"{failure.title}: {failure.detail}"
        print(f"{said}\n{failure.advice}", file=sys.stderr)
        return 3 if isinstance(failure, Outage) else 2
    except KeyboardInterrupt:
        return 130  # what shells say of a program that was interrupted
    except BrokenPipeError:
        # The reader of a list has closed it, as `head` does; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
