"""What is handed to the server before nobody looks any more: at lock, at sign-out, at the end."""

from collections.abc import Sequence
from typing import Any

from desktop.client.api import Gallery
from desktop.client.recorder import Recorder
from desktop.shell.error_reports import deliver_errors
from desktop.shell.reports import deliver_last


async def leave(
    gallery: Gallery,
    recorder: Recorder,
    reports: Sequence[dict[str, Any]],
    errors: Sequence[dict[str, Any]],
    *,
    sign_out: bool = True,
) -> int:
    """Hand in the last reports and end the session; return how many reports were not taken."""
    left = await deliver_last(gallery, reports)
    await deliver_errors(gallery, errors)
    await recorder.hand_in(gallery)
    if sign_out:
        await gallery.sign_out()
    return left
