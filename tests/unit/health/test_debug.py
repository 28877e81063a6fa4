"""What the end of the error log tells."""

from pathlib import Path

from local_server.health.debug import LAST, last_errors


def test_no_log_tells_nothing(tmp_path: Path) -> None:
    assert last_errors(tmp_path / "error.log") == []


def test_the_last_errors_are_told_without_what_is_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    entry = '{"event": "disk on fire", "level": "error", "time": "2026-11-23T09:40:32Z", "unasked": 1}'
    path.write_text(f"cut short\n[1]\n{entry}\n")
    assert last_errors(path) == [{"event": "disk on fire", "level": "error", "time": "2026-11-23T09:40:32Z"}]


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    path.write_text("".join(f'{{"event": "error {number}"}}\n' for number in range(10_000)))
    assert [entry["event"] for entry in last_errors(path)] == [
        f"error {number}" for number in range(10_000 - LAST, 10_000)
    ]
