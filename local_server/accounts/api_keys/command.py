"""The command `apikey`: API keys of any account, for the owner of the data directory."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from local_server.accounts.api_keys.models import ApiKey
from local_server.accounts.api_keys.service import LONGEST_LIFE, Keys
from local_server.accounts.models import KeyScope
from local_server.accounts.presence import Presence
from local_server.audit.log import AuditLog
from local_server.installation import demand, opened
from local_server.settings import Settings

_PAGE: Final = 500


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data-dir", type=Path, metavar="D", help="where catalogue, pictures and keys lie")
    shared.add_argument("--json", action="store_true", help="print a JSON object a line")
    command = subparsers.add_parser("apikey", help="API keys", description=__doc__)
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    made = actions.add_parser("add", parents=[shared], help="make a key, which is printed this once")
    made.add_argument("name", metavar="NAME", help="what the key is for")
    made.add_argument("--account", required=True, metavar="ACCOUNT", help="the account that it acts as")
    made.add_argument(
        "--scope",
        required=True,
        action="append",
        choices=[scope.value for scope in KeyScope],
        help="what it may do; may be given several times",
    )
    made.add_argument("--days", type=_days, default=90, metavar="N", help="for how many days (default: 90)")
    actions.add_parser("list", parents=[shared], help="list the keys, newest first")
    revoked = actions.add_parser("revoke", parents=[shared], help="revoke a key for good")
    revoked.add_argument("id", metavar="ID", help="the key's id in the list")


def run(args: argparse.Namespace) -> int:
    """Do what the action says, and print the key or keys as they are now."""
    settings = Settings.load(os.environ, data_dir=args.data_dir)
    with _keys(settings) as keys:
        match args.action:
            case "add":
                scopes = [KeyScope(scope) for scope in args.scope]
                key, text = keys.create_for(args.account, args.name, scopes, timedelta(days=args.days))
                if args.json:
                    print(json.dumps({**_plain(key), "key": text}))
                else:
                    print(text)
                    print("Keep it now: it is not shown again.", file=sys.stderr)
            case "revoke":
                key = keys.revoke(args.id, None)
                print(_line(key, args.json))
            case _:
                before = None
                while page := keys.all(None, before, _PAGE):
                    for key in page:
                        print(_line(key, args.json))
                    before = page[-1].id
    return 0


@contextmanager
def _keys(settings: Settings) -> Iterator[Keys]:
    demand(settings)
    with opened(settings) as installation:
        database = installation.database
        audit = AuditLog(installation.keys.derive("audit"), _now)
        yield Keys(database, Presence(database, _now), audit, _now)


def _now() -> datetime:
    return datetime.now(UTC)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST_LIFE.days:
        raise argparse.ArgumentTypeError(f"must be from 1 to {LONGEST_LIFE.days}")
    return int(text)


def _plain(key: ApiKey) -> dict[str, object]:
    return {
        name: value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        for name, value in asdict(key).items()
    }


def _line(key: ApiKey, as_json: bool) -> str:
    if as_json:
        return json.dumps(_plain(key))
    if key.revoked_at is not None:
        state = "revoked"
    elif key.expires_at <= _now():
        state = "expired"
    else:
        state = f"until {key.expires_at:%Y-%m-%d}"
    scopes = ", ".join(key.scopes)
    return f"{key.id}  {key.hint}…  {state:<16}  {key.account_name}: {key.name} ({scopes})"
