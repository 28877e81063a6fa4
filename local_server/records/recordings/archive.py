"""The archive of a recording: JSON lines in gzip; the recording, its interactions, its screenshots."""

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from local_server.audit.entry import written
from local_server.records.recordings.models import Interaction, Recording, Screenshot

FORMAT: Final = "vaultsecure-recording"
VERSION: Final = 1


def packed(
    recording: Recording, interactions: Iterable[Interaction], screenshots: Iterable[Screenshot]
) -> bytes:
    """Return the archive; what is not known of an interaction takes no room in it."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "id": recording.id,
        "account": recording.account,
        "account_id": recording.account_id,
        "viewing_session_id": recording.viewing_session_id,
        "started_at": recording.started_at,
        "ended_at": recording.ended_at,
        "end_reason": recording.end_reason,
        "context": recording.context,
    }
    buffer = io.BytesIO()
    # The same recording gives the same bytes: no time in the header.
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as file:
        file.write(_line(head))
        for interaction in interactions:
            file.write(_line(asdict(interaction)))
        for screenshot in screenshots:
            file.write(_line({"screenshot": asdict(screenshot)}))
    return buffer.getvalue()


def interactions_in(archive: bytes, *, after: int = 0) -> Iterator[Interaction]:
    """Yield the interactions of an archive in their order, from the one after a sequence."""
    with gzip.GzipFile(fileobj=io.BytesIO(archive)) as file:
        for line in file:
            known = json.loads(line)
            if known.get("sequence", 0) > after:
                yield _interaction(known)


def _line(known: dict[str, Any]) -> bytes:
    lean = {key: value for key, value in known.items() if value is not None}
    return json.dumps(lean, separators=(",", ":"), default=_plain).encode() + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return written(value)
    raise TypeError(f"{type(value).__name__} has no place in an archive")


def _interaction(known: dict[str, Any]) -> Interaction:
    region, modifiers = known.get("region"), known.get("modifiers")
    return Interaction(
        sequence=known["sequence"],
        time=datetime.fromisoformat(known["time"]),
        kind=known["kind"],
        picture_id=known.get("picture_id"),
        region=None if region is None else tuple(region),
        modifiers=None if modifiers is None else tuple(modifiers),
        offset_ms=known.get("offset_ms"),
        visible=known.get("visible"),
        context=known.get("context"),
    )
