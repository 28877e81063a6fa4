"""Take the screenshots of a recording: sealed, counted once, shown to who may read the recording."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.records.recordings import queries, screenshot_queries
from local_server.records.recordings.errors import (
    RecordingEnded,
    RecordingFull,
    RecordingNotFound,
    ScreenshotIdTaken,
    ScreenshotNotAccepted,
    ScreenshotNotFound,
    TooManyScreenshots,
)
from local_server.records.recordings.models import MAX_SCREENSHOT_BYTES, MAX_SCREENSHOTS, Screenshot
from local_server.records.recordings.service import Recordings
from local_server.records.violations import believed
from local_server.storage.blobs import Blobs

BYTES_A_DAY: Final = 256 << 20
_JPEG: Final = (b"\xff\xd8\xff", b"\xff\xd9")
_PNG: Final = (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82")


class Screenshots:
    """The rules of a recording's screenshots."""

    def __init__(
        self, database: Database, blobs: Blobs, recordings: Recordings, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._recordings = recordings
        self._clock = clock

    def keep(self, caller: Caller, recording_id: str, screenshot: Screenshot, content: bytes) -> bool:
        """Store a screenshot of the caller's own recording; False where it was stored before."""
        media_type(content)
        with self._database.read() as connection:
            if self._known(connection, caller, recording_id, screenshot):
                return False
        blob = f"{secrets.token_hex(16)}-screenshot"
        self._blobs.put(blob, content)
        with self._database.write() as connection:
            new = not self._known(connection, caller, recording_id, screenshot)
            if new:
                started = queries.states(connection, {recording_id})[recording_id].session_started_at
                time = believed(screenshot.time, started, self._clock())
                screenshot_queries.add(
                    connection, recording_id, replace(screenshot, time=time), blob, len(content)
                )
        if not new:
            self._blobs.delete(blob)
        return new

    def listed(self, caller: Caller, recording_id: str) -> list[Screenshot]:
        """Return what is known of a recording's screenshots."""
        self._recordings.see(caller, recording_id)
        with self._database.read() as connection:
            return screenshot_queries.all_of(connection, recording_id)

    def content(self, caller: Caller, recording_id: str, screenshot_id: str) -> tuple[bytes, str]:
        """Return a screenshot and its media type; that somebody looks at another person's is noted."""
        recording = self._recordings.see(caller, recording_id)
        with self._database.read() as connection:
            blob = screenshot_queries.blob_of(connection, recording_id, screenshot_id)
        if blob is None:
            raise ScreenshotNotFound
        self._recordings.note_reading(caller, recording)
        content = self._blobs.get(blob)
        return content, media_type(content)

    def _known(
        self, connection: Connection, caller: Caller, recording_id: str, screenshot: Screenshot
    ) -> bool:
        """Say whether it was stored before; raise why it can't be stored."""
        recording = queries.find(connection, recording_id)
        if recording is None or recording.viewing_session_id != caller.viewing_session_id:
            raise RecordingNotFound
        owner = screenshot_queries.recording_of(connection, screenshot.id)
        if owner is not None and owner != recording_id:
            raise ScreenshotIdTaken
        if owner is not None:
            return True
        if recording.ended_at is not None:
            raise RecordingEnded
        if recording.screenshots >= MAX_SCREENSHOTS:
            raise RecordingFull
        yesterday = self._clock() - timedelta(days=1)
        if screenshot_queries.bytes_since(connection, caller.account_id, yesterday) > BYTES_A_DAY:
            raise TooManyScreenshots(retry_after=3600)
        return False


def media_type(content: bytes) -> str:
    """Tell a JPEG from a PNG by its ends; raise ScreenshotNotAccepted for anything else.

    It is never decoded here; who looks at it does so in a program that is ready for anything.
    """
    if len(content) <= MAX_SCREENSHOT_BYTES:
        for (head, tail), kind in ((_JPEG, "image/jpeg"), (_PNG, "image/png")):
            if content.startswith(head) and content.endswith(tail):
                return kind
    raise ScreenshotNotAccepted
