"""How many violations were reported to this process, by kind; a kind that is not known counts as "other"."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Final

# What the guards of desktops know; a label may not have as many values as a client can think of.
KINDS: Final = (
    "get_image",
    "shm_get_image",
    "copy_area",
    "render_composite",
    "composite_name_pixmap",
    "composite_redirect",
    "gl_read",
    "buffer_shared",
    "double_buffer",
    "client_started",
    "authority_opened",
    "library_opened",
    "capture_program",
    "reader_alive",
    "focus_lost",
    "screen_covered",
    "capture_key",
    "keys_recorded",
    "guard_attacked",
    "tracer_attached",
    "preloaded_library",
    "foreign_code",
    "dumpable",
    "recorder_running",
    "meeting_running",
    "screen_stream",
    "virtual_camera",
    "remote_server",
    "remote_session",
    "portal_screenshot",
    "portal_screencast",
    "portal_remote_desktop",
    "clipboard_image",
    "image_file",
)
OTHER: Final = "other"


def bounded(kind: str) -> str:
    """Return the kind, or "other"."""
    return kind if kind in KINDS else OTHER


class ViolationCounts:
    """A count a kind; threads may share it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter(dict.fromkeys((*KINDS, OTHER), 0))
        self._lock = Lock()

    def add(self, kind: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[bounded(kind)] += 1

    def by_kind(self) -> Mapping[str, int]:
        """Return every count."""
        with self._lock:
            return dict(self._counts)
