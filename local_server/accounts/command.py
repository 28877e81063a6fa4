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
from local_server.accounts.models import COMMAND_LINE, Account, Role, Sees
from local_server.accounts.people import LogLine
from local_server.accounts.policy import Policy
from local_server.accounts.room import AccountsRoom
from local_server.accounts.tokens import Tokens
from local_server.audit.log import AuditLog
from local_server.installation import demand, opened
from local_server.settings import Settings
from local_server.storage.sealing import Sealer

LONGEST_FILE = 4096
NOBODY = (
    "There is no account yet. `vaultsecure-server user add NAME --role admin --reset-code` makes the first."
)


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    shared.add_argument("--json", action="store_true", help="print a JSON object a line")
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("name", metavar="NAME", help="the name that the person signs in with")
    user = subparsers.add_parser("user", help="accounts", description=__doc__)
    actions = user.add_subparsers(dest="action", metavar="ACTION", required=True)
    made = actions.add_parser("add", parents=[named, shared], help="add an account")
    made.add_argument("--role", required=True, choices=[role.value for role in Role], help="what it may do")
    _sees(made)
    made.add_argument("--email", metavar="ADDRESS", help="what an organisation's sign-in is compared with")
    first = made.add_mutually_exclusive_group(required=True)
    _password_file(first)
    first.add_argument(
        "--reset-code",
        action="store_true",
        help="print a one-time code, by which its owner chooses one",
    )
    _must_change(made)
    actions.add_parser("list", parents=[shared], help="list the accounts")
    log = actions.add_parser(
        "log", parents=[named, shared], help="list what happened to a password, codes and second factor"
    )
    log.add_argument("--limit", type=_count, default=50, metavar="N", help="how many, newest first (50)")
    reset = actions.add_parser(
        "reset-password",
        parents=[named, shared],
        help="give an account a new password, lift its lock and end its sessions",
    )
    _password_file(reset.add_mutually_exclusive_group(required=True))
    _must_change(reset)
    actions.add_parser(
        "reset-code",
        parents=[named, shared],
        help="print a one-time code, good for a day, by which somebody chooses a new password",
    )
    actions.add_parser("disable", parents=[named, shared], help="close an account and end its sessions")
    actions.add_parser("enable", parents=[named, shared], help="open a closed account again")
    actions.add_parser(
        "remove-second-factor", parents=[named, shared], help="let somebody sign in whose phone is lost"
    )
    exempt = actions.add_parser(
        "exempt",
        parents=[named, shared],
        help="let the capture guard hide nothing from a person who needs a machine to see; recorded",
    )
    exempt.add_argument("--reason", required=True, metavar="TEXT", help="why, for the records")
    exempt.add_argument("--until", type=_moment, metavar="DATE", help="when it ends, as 2027-03-01")
    actions.add_parser("end-exemption", parents=[named, shared], help="take an exemption back")
    demo = actions.add_parser(
        "demo",
        parents=[shared],
        help="add one account of each role, for trying out; their random passwords are shown this once",
    )
    _sees(demo)


def _password_file(parser: "argparse._ActionsContainer") -> None:
    parser.add_argument(
        "--password-file",
        metavar="F",
        help='a file that holds the password, for you alone to read (without one newline at its end); "-" '
        "reads it from standard input",
    )


def _sees(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sees",
        choices=[sees.value for sees in Sees],
        help="all of the library, or granted albums alone (viewers and kiosks, unless said here)",
    )


def _must_change(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--must-change", action="store_true", help="the first sign-in can only choose another password"
    )


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10_000:
        raise ValueError(text)
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def run(args: argparse.Namespace) -> int:
    """Do what the action says, and print the account or accounts as they are now."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    # Before anything is made or opened: a wrong file must leave no trace.
    source = getattr(args, "password_file", None)
    password = None if source is None else _password(source)
    if args.action not in ("add", "demo"):
        demand(settings)
    with _room(settings) as room:
        lines = 0
        for line in _done(args, room, password):
            print(line)
            lines += 1
    if args.action == "list" and not lines:
        print(NOBODY, file=sys.stderr)
    return 0


def _done(args: argparse.Namespace, room: AccountsRoom, password: str | None) -> Iterator[str]:
    """Do it, and yield the lines to print."""
    accounts, as_json = room.accounts, args.json
    match args.action:
        case "add":
            role, sees = Role(args.role), Sees(args.sees) if args.sees else None
            if password is None:
                account, code = accounts.create_with_code(args.name, role, sees, args.email, COMMAND_LINE)
                yield from _with_secret(account, "reset_code", code.code, as_json)
            else:
                yield _line(
                    accounts.create(
                        args.name, password, role, sees, args.email, must_change=args.must_change
                    ),
                    as_json,
                )
        case "log":
            lines, _ = room.people.log(accounts.named(args.name).id, limit=args.limit, cursor=None)
            yield from (_log_line(line, as_json) for line in lines)
        case "reset-password":
            yield _line(
                accounts.reset_password(args.name, password or "", must_change=args.must_change), as_json
            )
        case "reset-code":
            account = accounts.named(args.name)
            made = accounts.make_reset_code(account.id, COMMAND_LINE)
            yield from _with_secret(account, "reset_code", made.code, as_json)
        case "disable" | "enable" | "remove-second-factor" | "exempt" | "end-exemption":
            yield _line(_changed(args, room), as_json)
        case "demo":
            for account, secret in accounts.create_demo(Sees(args.sees) if args.sees else None):
                yield from _with_secret(account, "password", secret, as_json)
        case _:
            yield from (_line(account, as_json) for account in accounts.all())


def _changed(args: argparse.Namespace, room: AccountsRoom) -> Account:
    """Do what has nothing to print but the account."""
    accounts = room.accounts
    account = accounts.named(args.name)
    match args.action:
        case "disable":
            return accounts.disable(args.name)
        case "enable":
            return accounts.enable(args.name)
        case "exempt":
            return room.exemptions.grant(account.id, args.reason, args.until, COMMAND_LINE)
        case "end-exemption":
            return room.exemptions.end(account.id, COMMAND_LINE)
        case _:
            accounts.remove_second_factor(account.id, COMMAND_LINE)
            return account


@contextmanager
def _room(settings: Settings) -> Iterator[AccountsRoom]:
    with opened(settings) as installation:
        keys = installation.keys
        yield AccountsRoom(
            installation.database,
            Tokens(keys.derive("tokens"), installation.id, _now),
            Sealer(keys.derive("totp")),
            AuditLog(keys.derive("audit"), _now),
            Policy.of(settings),
            _now,
        )


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


def _facts(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role.value,
        "sees": account.sees.value,
        "email": account.email,
        "created_at": _written(account.created_at),
        "disabled": account.disabled_at is not None,
    }


def _line(account: Account, as_json: bool) -> str:
    if as_json:
        return json.dumps(_facts(account))
    albums = "  (albums)" if account.sees is Sees.ALBUMS else ""
    closed = "  (closed)" if account.disabled_at else ""
    return f"{account.role.value:<8}  {account.name}{albums}{closed}"


def _with_secret(account: Account, kind: str, secret: str, as_json: bool) -> Iterator[str]:
    """Yield the account with what is shown this once and stored as a hash alone."""
    if as_json:
        yield json.dumps({**_facts(account), kind: secret})
    else:
        said = "one-time code, good for a day" if kind == "reset_code" else kind
        yield f"{_line(account, False)}  {said}: {secret}"


def _log_line(line: LogLine, as_json: bool) -> str:
    if as_json:
        facts = {"id": line.id, "time": _written(line.time), "event": line.event, "by": line.by}
        return json.dumps({**facts, "detail": line.detail})
    told = " · ".join(f"{key.replace('_', ' ')} {value}" for key, value in line.detail.items())
    by = f"by {line.by}" if line.by else ""
    words = "  ".join(part for part in (line.event.replace("_", " "), by, told) if part)
    return f"{line.time.astimezone():%Y-%m-%d %H:%M:%S}  {words}"


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
