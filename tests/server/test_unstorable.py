"""What a database does not take, a NUL or a moment beyond its calendar, is refused as any other nonsense."""

import base64
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.engines import ENGINES
from tests.support.parts.fixtures import Parts
from tests.support.parts.postgresql import PostgreSQL
from tests.support.server import MACHINE, PASSWORD, Client, running

BEFORE_ALL, AFTER_ALL = "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"
REPORT = {"time": "2026-01-01T00:00:00Z", "kind": "x", "level": "marked", "confidence": 1.0, "hidden": True}


@pytest.fixture(scope="module", params=ENGINES)
def admin(
    request: pytest.FixtureRequest, parts: Parts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """Return the first admin of a server on each engine; it fails at its end where it has reported a bug."""
    settings = {}
    if request.param == "PostgreSQL":
        settings["DATABASE_URL"] = parts.get(PostgreSQL).new_database()
    with running(tmp_path_factory.mktemp("house") / "data", START_WORKER="false", **settings) as server:
        client = server.client()
        body = {"name": "admin", "password": PASSWORD, "gallery_folder": None, "samples": False}
        answer = client.post("/setup", json={**body, "machine": MACHINE})
        assert answer.status_code == 201, answer.text
        yield client.carry(answer.json())


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/batches/%00"),
        ("GET", "/batches/%00/files"),
        ("DELETE", "/batches/%00"),
        ("DELETE", "/api-keys/%00"),
        ("GET", "/images?q=%00"),
        ("GET", "/images?folder=a%00b"),
        ("GET", "/activity?kind=%00"),
        ("POST", "/images?name=a%00b"),
        *(
            ("GET", f"{path}?cursor={packed(place)}")
            for path in ("/images", "/sessions")
            for place in (f"{BEFORE_ALL} ab", f"{AFTER_ALL} ab", "2026-01-01T00:00:00+00:00 a\0b")
        ),
        ("GET", f"/session/records?cursor={packed(json.dumps([BEFORE_ALL, 'sign_in', 'a']))}"),
        ("GET", f"/session/records?cursor={packed(json.dumps([AFTER_ALL, 'picture', '1']))}"),
    ],
)
def test_what_no_database_takes_is_refused(admin: Client, method: str, path: str) -> None:
    files = {"files": ("a.png", b"", "image/png")} if method == "POST" else None
    answer = admin.request(method, path, files=files)
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("wrong", [{"picture_id": "a\0b"}, {"culprit": {"pid": 2**31}}])
def test_a_report_that_no_database_takes_is_refused(admin: Client, wrong: dict[str, object]) -> None:
    answer = admin.post("/violations", json={**REPORT, "id": str(uuid4()), **wrong})
    assert answer.status_code == 422, answer.text
    largest = {"culprit": {"pid": 2**31 - 1}}
    assert admin.post("/violations", json={**REPORT, "id": str(uuid4()), **largest}).status_code == 201


def test_a_folder_that_does_not_print_can_be_asked_for(admin: Client) -> None:
    assert admin.get("/images", params={"folder": "a\nb"}).status_code == 200
