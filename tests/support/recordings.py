"""Recordings as a client makes them."""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.support.pictures import encoded, noise
from tests.support.server import Client


def item(sequence: int, kind: str = "zoomed", **more: Any) -> dict[str, Any]:
    """Make an interaction of this moment."""
    return {"sequence": sequence, "time": datetime.now(UTC).isoformat(), "kind": kind, **more}


def items(first: int, last: int) -> list[dict[str, Any]]:
    """Make interactions from one sequence to another."""
    return [item(sequence) for sequence in range(first, last + 1)]


def begun(client: Client, **context: Any) -> str:
    """Begin a recording and return its id."""
    answer = client.post("/sessions", json={"context": context})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def sent(client: Client, recording_id: str, batch: list[dict[str, Any]]) -> tuple[int, int]:
    """Send a batch; return what is acknowledged, and how many were new."""
    answer = client.post("/interactions", json={"recording_id": recording_id, "items": batch})
    assert answer.status_code == 200, answer.text
    return answer.json()["acknowledged"], answer.json()["new"]


def screenshot(size: int = 64, **more: Any) -> dict[str, Any]:
    """Make a screenshot of the screen."""
    pixels = encoded(noise(size, size, 3), "JPEG", quality=80)
    return {
        "id": str(uuid4()),
        "time": datetime.now(UTC).isoformat(),
        "trigger": "hotkey",
        "content": base64.b64encode(pixels).decode(),
        **more,
    }


def stored(client: Client, recording_id: str) -> list[int]:
    """Return the sequences of all interactions that are kept, in the order that they are told in."""
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        page = client.get(f"/sessions/{recording_id}/interactions", params={"after": after, "limit": 200})
        assert page.status_code == 200, page.text
        found += [each["sequence"] for each in page.json()["items"]]
        after = page.json()["next"]
    return found
