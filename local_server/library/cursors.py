"""Opaque places in a list of pictures: the moment and id of the last picture seen."""

import base64
import binascii
import json
from datetime import UTC, datetime

from local_server.accounts.errors import CursorInvalid


def write_cursor(moment: datetime, picture_id: str) -> str:
    """Return the text that continues after this picture."""
    plain = f"{moment.astimezone(UTC).isoformat()} {picture_id}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """Read what write_cursor wrote; raise CursorInvalid."""
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        written, _, picture_id = plain.partition(" ")
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None or not picture_id or not _storable(picture_id):
            raise CursorInvalid
        # At either end of the calendar UTC has no year for some moments.
        return moment.astimezone(UTC), picture_id
    except (ValueError, OverflowError, binascii.Error):
        raise CursorInvalid from None


def write_texts(*texts: str) -> str:
    """Return the text that continues after a row that these tell apart."""
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def read_texts(cursor: str, number: int) -> list[str]:
    """Read what write_texts wrote of so many texts; raise CursorInvalid."""
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        texts = json.loads(plain)
    except (ValueError, RecursionError):
        raise CursorInvalid from None
    if not isinstance(texts, list) or len(texts) != number or not all(map(_storable, texts)):
        raise CursorInvalid
    return texts


def _storable(text: object) -> bool:
    # PostgreSQL takes neither a NUL nor half of a surrogate pair.
    return isinstance(text, str) and "\0" not in text and text.isprintable()


def write_place(number: int) -> str:
    """Return the text that continues after this row number."""
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def read_place(cursor: str) -> int:
    """Read what write_place wrote; raise CursorInvalid."""
    try:
        number = int(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise CursorInvalid from None
    if not 0 < number < 1 << 62:
        raise CursorInvalid
    return number
