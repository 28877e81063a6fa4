"""The policy: what follows from an event, as the table and the document say."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop.guard.events import LEVELS
from desktop.guard.policy import (
    BY_ROLE,
    CLASSES,
    DEEDS,
    HOLD_S,
    MEANINGS,
    TABLE,
    Circumstances,
    Deed,
    Rule,
    answer,
)

ROLES = ("admin", "manager", "viewer", "kiosk", "auditor")


DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "capture-guard.md"


@pytest.mark.parametrize(
    ("kind", "level", "record", "shield", "strengthen"),
    [
        ("get_image", "open", False, False, False),
        ("get_image", "marked", True, False, False),
        ("get_image", "guarded", True, True, False),
        ("shm_get_image", "guarded", True, True, False),
        ("copy_area", "guarded", True, True, False),
        ("render_composite", "guarded", True, True, False),
        ("composite_name_pixmap", "guarded", True, True, False),
        ("composite_redirect", "guarded", False, False, False),
        ("client_started", "guarded", False, False, False),
        ("get_image", "sealed", True, True, True),
        ("composite_redirect", "sealed", True, True, True),
        ("client_started", "sealed", True, True, False),
        ("something new", "guarded", True, True, False),
        ("tracer_attached", "open", False, False, False),
        ("tracer_attached", "marked", True, False, False),
        ("tracer_attached", "guarded", True, True, False),
        ("tracer_attached", "sealed", True, True, True),
        ("preloaded_library", "marked", True, False, False),
        ("preloaded_library", "guarded", True, False, False),
        ("preloaded_library", "sealed", True, True, True),
        ("foreign_code", "guarded", True, False, False),
        ("foreign_code", "sealed", True, True, True),
        ("dumpable", "guarded", True, False, False),
        ("dumpable", "sealed", True, True, True),
    ],
)
def test_the_table(kind: str, level: str, record: bool, shield: bool, strengthen: bool) -> None:
    found = answer(kind, level, "viewer")
    assert (found.record, found.shield, found.strengthen_mark) == (record, shield, strengthen)
    assert bool(found.hold_s) == shield
    assert not found.lock
    assert not found.end_session
    assert found.reason


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", CLASSES)
def test_what_makes_it_milder(kind: str, level: str, role: str) -> None:
    plain = answer(kind, level, role)
    exempt = answer(kind, level, role, given=Circumstances(assistive=True))
    dry = answer(kind, level, role, given=Circumstances(dry=True))
    quiet = answer(kind, level, role, given=Circumstances(quiet=True))
    assert not exempt.shield
    assert not exempt.lock
    assert not exempt.end_session
    assert exempt.strengthen_mark == (plain.shield and not plain.brief)
    assert dry.shield == (plain.shield and level == "sealed")
    assert (dry.lock, dry.end_session) == (
        (False, False) if level != "sealed" else (plain.lock, plain.end_session)
    )
    harmless = level == "guarded" and CLASSES[kind] not in ("debugging", "alien", "attack")
    assert quiet.shield == (plain.shield and not harmless)
    for milder in (exempt, dry, quiet):
        assert not milder.shield or milder == plain
        # Whatever is not done is told of, and an attempt is recorded all the same.
        assert plain.deeds & ~milder.deeds == milder.withheld
        assert milder.record == plain.record or plain.brief
        assert bool(milder.hold_s) == milder.shield


def test_a_kiosk_holds_longer() -> None:
    assert answer("get_image", "guarded", "viewer").hold_s == HOLD_S
    assert answer("get_image", "guarded", "kiosk").hold_s == 2 * HOLD_S


@pytest.mark.parametrize(
    ("level", "role", "lock", "end"),
    [
        ("marked", "kiosk", False, False),
        ("guarded", "kiosk", True, False),
        ("sealed", "kiosk", False, True),
        ("sealed", "viewer", False, False),
        ("sealed", "admin", False, False),
    ],
)
def test_a_kiosk_that_is_debugged_is_closed(level: str, role: str, lock: bool, end: bool) -> None:
    found = answer("tracer_attached", level, role)
    assert (found.lock, found.end_session) == (lock, end)
    assert found.shield == (level != "marked")


def test_every_kind_has_words_and_every_class_a_meaning() -> None:
    assert CLASSES.keys() == DEEDS.keys()
    assert set(CLASSES.values()) <= MEANINGS.keys()
    assert {of for of, _ in TABLE} == MEANINGS.keys()


def test_only_what_hides_keeps_something_hidden() -> None:
    for rule in (*TABLE.values(), *BY_ROLE.values()):
        assert bool(rule.hold_s) == (Deed.SHIELD in rule.deeds)
        assert not (Deed.BRIEF in rule.deeds and Deed.RECORD in rule.deeds)


@pytest.mark.parametrize("of", MEANINGS)
def test_a_stricter_level_never_answers_less(of: str) -> None:
    hides = [bool(TABLE.get((of, level), Rule(Deed.NOTHING, 0, "")).deeds & Deed.SHIELD) for level in LEVELS]
    assert hides == sorted(hides)


WORDS = {
    Deed.RECORD: "recorded",
    Deed.BRIEF: "recorded as a short shield",
    Deed.SHIELD: "hidden",
    Deed.STRENGTHEN: "mark strengthened",
    Deed.LOCK: "locked",
    Deed.END: "signed out",
}


def line(of: str, level: str, role: str, rule: Rule) -> str:
    held = {Deed.SHIELD: f" for {rule.hold_s:g} s"}
    deeds = ", ".join(words + held.get(deed, "") for deed, words in WORDS.items() if deed in rule.deeds)
    return f"| {of} | `{level}`{role} | {deeds} | {rule.because} |"


def test_the_document_has_the_table() -> None:
    """What the document lacks is printed: it is to be pasted there."""
    lines = [f"| {of} | {meaning} |" for of, meaning in MEANINGS.items()]
    lines += [line(of, level, "", rule) for (of, level), rule in TABLE.items()]
    lines += [line(of, level, f", {role}", rule) for (of, level, role), rule in BY_ROLE.items()]
    written = DOCUMENT.read_text().splitlines()
    assert not [wanted for wanted in lines if wanted not in written]
    listed = {text.split(" | ")[0].strip("| ") for text in written if " | `" in text and text.count("|") == 5}
    assert listed <= MEANINGS.keys()


def test_doubt_records_and_does_not_blank() -> None:
    found = answer("get_image", "guarded", "viewer", confidence=0.2)
    assert found.record
    assert not found.shield
