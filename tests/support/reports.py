"""Capture attempts as a desktop's guard reports them."""

import base64
import io
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from PIL import Image


def small_jpeg() -> bytes:
    """Return an evidence picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (96, 64), (90, 120, 60)).save(buffer, "JPEG", quality=50)
    return buffer.getvalue()


def report(**changed: Any) -> dict[str, Any]:
    """Return a report of scrot with evidence, with some members changed."""
    return {
        "id": str(uuid4()),
        "time": datetime.now(UTC).isoformat(),
        "kind": "get_image",
        "level": "guarded",
        "culprit": {"pid": 4711, "name": "scrot", "executable": "/usr/bin/scrot", "script": None},
        "confidence": 1.0,
        "region": [0, 0, 1440, 900],
        "picture_id": None,
        "shield_ms": 3.2,
        "hidden": True,
        "evidence": base64.b64encode(small_jpeg()).decode(),
        **changed,
    }
