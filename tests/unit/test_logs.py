"""Logs: secrets are blanked wherever they stand, and two processes may share a file."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from local_server.logs import REDACTED, SharedRotatingFile, close_logs, open_logs, redact

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ2aWV3ZXIifQ.c2lnbmF0dXJl"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    open_logs(tmp_path, "server", "info")
    yield tmp_path
    close_logs()
    structlog.reset_defaults()
    logging.getLogger().setLevel(logging.WARNING)


@pytest.mark.parametrize(
    "event",
    [
        {"password": "hunter2"},
        {"Authorization": "Bearer hunter2"},
        {"launch_secret": "hunter2"},
        {"outer": {"refresh_token": "hunter2", "list": [{"api_key": "hunter2"}]}},
        {"url": "/api/secure/image/1/view?rendition=screen&token=hunter2&x=1"},
        {"header": "Bearer hunter2"},
        {"said": ["Bearer hunter2"]},
    ],
)
def test_a_secret_is_blanked(event: dict[str, object]) -> None:
    written = json.dumps(redact(None, "info", event))
    assert "hunter2" not in written
    assert REDACTED in written


def test_a_signed_token_is_blanked_in_any_text() -> None:
    assert redact(None, "info", {"event": f"GET /x/{TOKEN}/y"})["event"] == f"GET /x/{REDACTED}/y"


def test_an_exception_that_quotes_a_token_is_blanked(folder: Path) -> None:
    try:
        raise ValueError(f"cannot read {TOKEN}")
    except ValueError:
        structlog.get_logger("test").exception("bug")
    logging.getLogger("a library").error("it failed with %s", TOKEN)
    for name in ("server.log", "error.log"):
        lines = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        assert [line["level"] for line in lines] == ["error", "error"]
        assert "ValueError: cannot read [redacted]" in lines[0]["exception"]
        assert TOKEN not in str(lines)


def test_only_errors_go_to_the_error_log(folder: Path) -> None:
    structlog.get_logger("test").info("said")
    structlog.get_logger("test").debug("whispered")
    assert "said" in (folder / "server.log").read_text()
    assert "whispered" not in (folder / "server.log").read_text()
    assert (folder / "error.log").read_text() == ""


def test_a_file_that_another_process_has_rotated_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    ours, theirs = (SharedRotatingFile(path, maxBytes=200, backupCount=2) for _ in range(2))
    try:
        for number in range(30):
            for handler in (ours, theirs):
                handler.emit(logging.makeLogRecord({"msg": f"{number:04} {'x' * 40}"}))
    finally:
        ours.close()
        theirs.close()
    newest = path.read_text().splitlines()
    assert newest[-1].startswith("0029")
    assert all(file.stat().st_size <= 200 for file in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 3
