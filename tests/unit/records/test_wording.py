"""How entries of the audit log read in the activity list."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.marks.identity import MarkId
from local_server.records.models import AuditRow, Severity
from local_server.records.wording import words

SCROT = {"pid": 812, "name": "scrot", "executable": "/usr/bin/scrot", "script": None}
CAPTURE = {"culprit": SCROT, "region": [0, 0, 1440, 900], "shield_ms": 3.4, "hidden": True, "reads": 1}


def row(kind: str, mark: int | None = None, **detail: Any) -> AuditRow:
    return AuditRow(1, datetime(2026, 11, 23, tzinfo=UTC), kind, "client-12", None, mark, detail, False)


@pytest.mark.parametrize(
    ("detail", "text"),
    [
        (CAPTURE, "scrot read 1440×900 · hidden in 3 ms"),
        ({**CAPTURE, "shield_ms": None}, "scrot read 1440×900 · hidden"),
        ({**CAPTURE, "hidden": False}, "scrot read 1440×900 · marked"),
        ({**CAPTURE, "region": None}, "scrot read the screen · hidden in 3 ms"),
        ({**CAPTURE, "reads": 40}, "scrot read 1440×900 40 times · hidden in 3 ms"),
        ({**CAPTURE, "culprit": {**SCROT, "name": None}}, "process 812 read 1440×900 · hidden in 3 ms"),
        ({**CAPTURE, "culprit": {}}, "an unknown program read 1440×900 · hidden in 3 ms"),
        (
            {**CAPTURE, "culprit": {**SCROT, "name": "python3", "script": "grab.py"}},
            "python3 (grab.py) read 1440×900 · hidden in 3 ms",
        ),
    ],
)
def test_a_capture_attempt_names_the_program_and_the_answer(detail: dict[str, Any], text: str) -> None:
    assert words(row("capture_attempt", **detail)) == ("Capture attempt", text, Severity.ALARM)


@pytest.mark.parametrize(
    ("kind", "hidden", "text"),
    [
        ("tracer_attached", True, "gdb attached to the program · hidden while it was there"),
        ("preloaded_library", False, "gdb was loaded into the program before its own parts · recorded"),
        ("foreign_code", False, "gdb was loaded into the program and is no part of it · recorded"),
        ("dumpable", True, "gdb opened the program's memory · hidden while it was there"),
    ],
)
def test_tampering_is_told_apart_from_captures(kind: str, hidden: bool, text: str) -> None:
    entry = row("capture_attempt", culprit={**SCROT, "name": "gdb"}, region=None, reads=1, hidden=hidden)
    entry.detail["kind"] = kind
    assert words(entry) == ("Tampering", text, Severity.ALARM)


@pytest.mark.parametrize(
    ("kind", "hidden", "said"),
    [
        (
            "portal_screenshot",
            True,
            ("Capture attempt", "obs asked the desktop for a screenshot · hidden", Severity.ALARM),
        ),
        (
            "remote_server",
            False,
            ("Screen could be watched", "obs waited to show a screen elsewhere · recorded", Severity.INFO),
        ),
    ],
)
def test_what_is_noticed_beside_the_screen_is_told_in_its_own_words(
    kind: str, hidden: bool, said: tuple[str, str, Severity]
) -> None:
    entry = row("capture_attempt", culprit={**SCROT, "name": "obs"}, region=None, reads=1, hidden=hidden)
    entry.detail["kind"] = kind
    assert words(entry) == said


def test_an_opened_picture_names_its_level_and_mark() -> None:
    mark = MarkId.from_text("7KQ4-M2XD-9F")
    said = words(row("picture_opened", mark.value, level="guarded"))
    assert said == ("Opened", "Guarded · mark 7KQ4-M2XD-9F", Severity.INFO)


@pytest.mark.parametrize(
    ("failed", "text"),
    [
        (1, "1st wrong password"),
        (2, "2nd wrong password"),
        (3, "3rd wrong password"),
        (5, "5th wrong password, locked 30 s"),
        (8, "8th wrong password, locked 4 min"),
        (11, "11th wrong password, locked 15 min"),
        (21, "21st wrong password, locked 15 min"),
    ],
)
def test_a_refused_sign_in_counts_and_tells_of_the_lock(failed: int, text: str) -> None:
    said = words(row("sign_in_refused", failed_in_a_row=failed, machine="desk"))
    assert said == ("Sign-in failed", text, Severity.CAUTION)


def test_a_closed_account_is_told_as_the_reason() -> None:
    assert words(row("sign_in_refused", reason="account_disabled")).detail == "account disabled"


def test_a_kind_without_words_of_its_own_is_told_by_its_name() -> None:
    said = words(row("album_level_raised", album="Museum loans", to="sealed", quietly=True))
    assert said == ("Album level raised", "album Museum loans · to sealed", Severity.INFO)


@given(
    kind=st.sampled_from(["capture_attempt", "picture_opened", "sign_in_refused", "signed_in", "anything"]),
    culprit=st.fixed_dictionaries(
        {}, optional={"name": st.none() | st.text(), "pid": st.none() | st.integers()}
    ),
    region=st.none() | st.lists(st.integers(), min_size=4, max_size=4),
    level=st.none() | st.text(),
)
def test_no_entry_is_without_words(
    kind: str, culprit: dict[str, Any], region: list[int] | None, level: str
) -> None:
    said = words(row(kind, culprit=culprit, region=region, level=level, hidden=False))
    assert said.what
