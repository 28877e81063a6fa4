"""The command `user`: accounts, for the owner of the data directory."""

import argparse
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from local_server.accounts.errors import PasswordFileUnusable
from local_server.accounts.models import Account, Role
from local_server.accounts.passwords import Passwords
from local_server.accounts.service import Accounts
from local_server.audit.log import AuditLog
from local_server.installation import opened
from local_server.settings import Settings

LONGEST_FILE = 4096


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    shared.add_argument("--json", action="store_true", help="print a JSON object a line")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("name", metavar="NAME", help="the name that the person signs in with")
    password = argparse.ArgumentParser(add_help=False)
    password.add_argument(
        "--password-file",
        required=True,
        metavar="F",
        help='a file that holds the password, for you alone to read (without one newline at its end); "-" '
        "reads it from standard input",
    )
    user = subparsers.add_parser("user", help="accounts", description=__doc__)
    actions = user.add_subparsers(dest="action", metavar="ACTION", required=True)
    made = actions.add_parser("add", parents=[named, password, shared], help="add an account")
    made.add_argument("--role", required=True, choices=[role.value for role in Role], help="what it may do")
    actions.add_parser("list", parents=[shared], help="list the accounts")
    actions.add_parser(
        "reset-password",
        parents=[named, password, shared],
        help="give an account a new password, lift its lock and end its sessions",
    )
    actions.add_parser("disable", parents=[named, shared], help="close an account and end its sessions")
    actions.add_parser("enable", parents=[named, shared], help="open a closed account again")


def run(args: argparse.Namespace) -> int:
    """Do what the action says, and print the account or accounts as they are now."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    # Before anything is made or opened: a wrong file must leave no trace.
    password = _password(args.password_file) if "password_file" in args else ""
    with _accounts(settings) as accounts:
        match args.action:
            case "add":
                told = [accounts.create(args.name, password, Role(args.role))]
            case "reset-password":
                told = [accounts.reset_password(args.name, password)]
            case "disable":
                told = [accounts.disable(args.name)]
            case "enable":
                told = [accounts.enable(args.name)]
            case _:
                told = accounts.all()
    for account in told:
        print(_line(account, args.json))
    return 0


@contextmanager
def _accounts(settings: Settings) -> Iterator[Accounts]:
    with opened(settings) as installation:
        audit = AuditLog(installation.keys.derive("audit"), _now)
        yield Accounts(installation.database, Passwords(), audit, _now)


def _now() -> datetime:
    return datetime.now(UTC)


def _password(source: str) -> str:
    try:
        if source == "-":
            content = sys.stdin.buffer.read(LONGEST_FILE + 1)
        else:
            with Path(source).open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
                    print(
                        f"Warning: others on this machine may read {source}: `chmod 600` or remove it.",
                        file=sys.stderr,
                    )
                content = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise PasswordFileUnusable(f"{source}: {error.strerror or error}") from None
    if len(content) > LONGEST_FILE:
        raise PasswordFileUnusable(f"{source} is longer than any password.")
    try:
        return content.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise PasswordFileUnusable(f"{source} is not UTF-8 text.") from None


def _line(account: Account, as_json: bool) -> str:
    if as_json:
        return json.dumps(
            {
                "id": account.id,
                "name": account.name,
                "role": account.role.value,
                "created_at": account.created_at.isoformat().replace("+00:00", "Z"),
                "disabled": account.disabled_at is not None,
            }
        )
    closed = "  (closed)" if account.disabled_at else ""
    return f"{account.role.value:<8}  {account.name}{closed}"
