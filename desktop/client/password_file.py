"""Signing in with a password that lies in a file, for programs that open without asking anybody."""

from pathlib import Path

from desktop.client.api import Gallery
from desktop.client.errors import Rejection
from desktop.client.models import SignedIn


def first_line(path: Path) -> str:
    """Return the first line of a password file; raises OSError or UnicodeDecodeError."""
    with path.open(encoding="utf-8") as file:
        return file.readline(1025).rstrip("\r\n")


async def sign_in(gallery: Gallery, name: str, password_file: Path) -> SignedIn:
    """Sign in with the password of a file; raises Failure where nobody can be let in that way."""
    password = _password(password_file)
    if (await gallery.test()).first_run:
        raise Rejection(
            "no_account_yet",
            "This gallery has no account yet.",
            "Start `vaultsecure` once without a file, and make the first account.",
        )
    signed_in = await gallery.sign_in(name, password)
    if not signed_in.whole:
        raise Rejection(
            "sign_in_first",
            "A new password or a second factor is due.",
            "Start the program without `view` and sign in there once.",
        )
    return signed_in


def _password(path: Path) -> str:
    try:
        password = first_line(path)
    except (OSError, UnicodeDecodeError) as problem:
        raise Rejection(
            "password_file_unreadable",
            f"The password file {path} cannot be read ({problem}).",
            "Name a text file that holds the password in its first line.",
        ) from problem
    if not password:
        raise Rejection(
            "password_file_empty",
            f"The password file {path} is empty.",
            "Write the password into its first line.",
        )
    return password
