"""Verify an exported audit log by itself: without its installation, and without any secret."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from local_server.audit.checkpoint import Checkpoint, holds, is_public_key
from local_server.audit.entry import Entry, add_content, chain, genesis, no_content
from local_server.audit.service import EXPORT
from local_server.audit.walk import UNREADABLE
from local_server.errors import Rejection

_LONGEST_LINE: Final = 1 << 20
_ENTRY: Final = frozenset(
    [
        *("sequence", "time", "kind", "account", "account_id", "viewing_session", "picture", "detail"),
        *("previous_hash", "hash"),
    ]
)
_CHECKPOINT: Final = frozenset(("checkpoint", "time", "hash", "content", "signature"))


class NotAnExport(Rejection):
    """The file is not what `audit export` writes."""

    code = "not_an_audit_export"
    title = "That is not an exported audit log"
    advice = "Name a file that `vaultsecure-server audit export` or the activity page has written."


@dataclass(frozen=True, slots=True)
class FileVerification:
    """What the file shows; up to `signed_to` its entries are, to the letter, those that were signed."""

    installation: str
    public_key: str
    entries: int
    checkpoints: int
    signed_to: int
    first_bad: int | None = None
    what: str | None = None

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return self.what is None


def verify_file(path: Path, public_key: str | None = None, key: bytes | None = None) -> FileVerification:
    """Walk the file, and name the first entry that is wrong.

    With a public key, the signatures must be that one's; without, those of the key that the file names.
    With the chain's own secret key each entry is checked by itself, too. Raises NotAnExport.
    """
    try:
        with path.open("rb") as file:
            lines = _lines(file)
            header = next(lines, None)
            if not isinstance(header, dict) or header.get("export") != EXPORT:
                raise NotAnExport(f"{path} does not begin as one of this version does.")
            return _Reader(header, public_key, key).read(lines)
    except OSError as error:
        raise NotAnExport(f"{path}: {error.strerror or error}") from error


class _Reader:
    """Where the reading of one file has come to."""

    def __init__(self, header: dict[str, Any], public_key: str | None, key: bytes | None) -> None:
        self._named = str(header.get("public_key"))
        if not is_public_key(self._named):
            raise NotAnExport("Its first line names no public key.")
        self._public_key = public_key or self._named
        self._installation = str(header.get("installation"))
        self._key = key
        self._last = 0
        self._hash = None if key is None else genesis(key)
        self._content = no_content()
        self._checkpoints = 0
        self._signed_to = 0
        self._ended = False

    def read(self, lines: Iterator[Any]) -> FileVerification:
        """Follow all lines."""
        if self._public_key != self._named:
            return self._found(1, "It was signed with another key than the one given.")
        for line in lines:
            wrong = self._checkpoint(line) if _has(line, _CHECKPOINT) else self._entry(line)
            if wrong:
                return self._found(*wrong)
        if self._last and not self._ended:
            return self._found(
                self._last + 1,
                f"The file ends after entry {self._last} without a checkpoint: its end was cut off, "
                "or the log did not verify when it was exported.",
            )
        return self._found(None, None)

    def _found(self, first_bad: int | None, what: str | None) -> FileVerification:
        return FileVerification(
            self._installation,
            self._public_key,
            self._last,
            self._checkpoints,
            self._signed_to,
            first_bad,
            what,
        )

    def _entry(self, line: Any) -> tuple[int, str] | None:
        expected = self._last + 1
        if not _has(line, _ENTRY):
            return expected, f"After entry {self._last} stands a line that is no entry."
        if type(line["sequence"]) is not int or line["sequence"] < expected:
            return (
                expected,
                f"Before entry {expected} stands one with the number {line['sequence']!r}: it was inserted.",
            )
        if line["sequence"] > expected:
            return expected, f"Entry {expected} is missing: the next entry is {line['sequence']}."
        if self._hash is not None and line["previous_hash"] != self._hash:
            what = "entries were removed, inserted or reordered"
            return expected, f"Entry {expected} does not follow the one before it: {what}."
        try:
            canonical = _entry_of(line).canonical()
            fits = self._key is None or hmac.compare_digest(
                chain(self._key, str(line["previous_hash"]), canonical), str(line["hash"])
            )
        except UNREADABLE:
            return expected, f"Entry {expected} was changed: it can no longer be read."
        if not fits:
            return expected, f"Entry {expected} was changed: its content does not fit its hash."
        self._last = expected
        self._hash = str(line["hash"])
        self._content = add_content(self._content, str(line["previous_hash"]), canonical)
        self._ended = False
        return None

    def _checkpoint(self, line: Any) -> tuple[int, str] | None:
        try:
            moment = datetime.fromisoformat(line["time"])
            signed = Checkpoint(
                line["checkpoint"], moment, str(line["hash"]), str(line["content"]), str(line["signature"])
            )
            good = holds(signed, self._public_key, self._installation)
        except UNREADABLE:
            good = False
        if not good:
            return self._last, f"The checkpoint after entry {self._last} was changed or forged."
        if signed.sequence != self._last:
            what = f"After entry {self._last} stands the checkpoint of entry {signed.sequence}"
            return self._last + 1, f"{what}: lines were removed, inserted or reordered."
        if (signed.hash, signed.content) != (self._hash, self._content):
            first = self._signed_to + 1
            which = f"Entry {first}" if first == self._last else f"One of the entries {first} to {self._last}"
            return first, f"{which} was changed: the checkpoint at entry {self._last} signed something else."
        self._checkpoints += 1
        self._signed_to = self._last
        self._ended = True
        return None


def _entry_of(line: dict[str, Any]) -> Entry:
    if not isinstance(line["detail"], dict):
        raise TypeError("a detail is an object")
    return Entry(
        sequence=line["sequence"],
        time=datetime.fromisoformat(line["time"]),
        kind=line["kind"],
        account_id=line["account_id"],
        account_name=line["account"],
        picture_id=line["picture"],
        viewing_session_id=line["viewing_session"],
        detail=line["detail"],
    )


def _has(line: Any, members: frozenset[str]) -> bool:
    # Not one more either: what nothing signs has no place in an entry.
    return isinstance(line, dict) and line.keys() == members


def _lines(file: Any) -> Iterator[Any]:
    """Yield each line's JSON; None for one that is none, or has a member twice."""
    while line := file.readline(_LONGEST_LINE + 1):
        try:
            if len(line) > _LONGEST_LINE:
                raise ValueError("longer than any of ours")
            yield json.loads(line, object_pairs_hook=_once)
        except UNREADABLE:
            yield None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands there twice")
    return found
