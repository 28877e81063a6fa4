"""What becomes of a room's failures and bugs, seen from outside of the frame."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI

from local_server.errors import Outage, Rejection
from local_server.logs import close_logs, open_logs
from local_server.web.frame import framed

Ask = Callable[[str], httpx.Response]


class Tired(Rejection):
    """A rejection with facts."""

    code = "tired"
    status = 418
    title = "The room is tired"
    advice = "Come back later."


class Gone(Outage):
    """An outage."""

    code = "gone"
    title = "The other side is gone"
    advice = "Bring it back."


def room() -> APIRouter:
    router = APIRouter()

    @router.get("/bug")
    def bug() -> None:
        raise RuntimeError("the password is hunter2")

    @router.get("/tired")
    def tired() -> None:
        raise Tired("Too tired to speak.", retry_after=7, nothing=None)

    @router.get("/gone")
    async def gone() -> None:
        raise Gone

    return router


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Path]:
    open_logs(tmp_path, "server", "info")
    yield tmp_path
    close_logs()
    structlog.reset_defaults()
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def ask(logs: Path) -> Ask:
    app = framed([room()], [], no_lifespan, port=7, hosts=(), launch_secret=None, origins=())

    async def get(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7/api") as client:
            return await client.get(path)

    return lambda path: anyio.run(get, path)


def test_a_bug_says_nothing_but_where_its_report_is(ask: Ask, logs: Path) -> None:
    answer = ask("/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    reports = [json.loads(line) for line in (logs / "error.log").read_text().splitlines()]
    assert [(report["event"], report["path"]) for report in reports] == [("bug", "/api/bug")]
    assert reports[0]["request_id"] == answer.json()["request_id"]
    assert 'raise RuntimeError("' in reports[0]["exception"]


def test_a_rejection_tells_its_facts_and_is_no_error_of_ours(ask: Ask, logs: Path) -> None:
    answer = ask("/tired")
    assert answer.status_code == 418
    assert answer.headers["Retry-After"] == "7"
    body = answer.json()
    assert (body["code"], body["detail"], body["retry_after"]) == ("tired", "Too tired to speak.", 7)
    assert "nothing" not in body
    assert (logs / "error.log").read_text() == ""


def test_an_outage_is_a_503_and_stands_in_the_error_log(ask: Ask, logs: Path) -> None:
    answer = ask("/gone")
    assert (answer.status_code, answer.json()["code"]) == (503, "gone")
    report = json.loads((logs / "error.log").read_text())
    assert (report["event"], report["code"], report["request_id"]) == (
        "outage",
        "gone",
        answer.json()["request_id"],
    )
