"""An exported log by itself: what is wrong with it is found, with no secret at hand."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_server.audit.checkpoint import Signer
from local_server.audit.checkpoints import Checkpoints
from local_server.audit.exported import FileVerification, NotAnExport, verify_file
from local_server.audit.log import AuditLog
from local_server.audit.service import Audit
from local_server.data_directory import DataDirectory
from local_server.database.migrate import open_catalogue

KEY = bytes(range(32))
SIGNER = Signer(bytes(range(32, 64)), "f" * 32)
NOW = datetime(2026, 11, 23, 9, 40, 32, 905000, UTC)
SIGNED_AT, LENGTH = 5, 9
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """Return an export: a header, five entries, a checkpoint, four entries, the end's checkpoint."""
    data = DataDirectory(tmp_path_factory.mktemp("audit"))
    data.prepare()
    database = open_catalogue(data)
    log = AuditLog(KEY, lambda: NOW)
    for count in (SIGNED_AT, LENGTH - SIGNED_AT):
        with database.write() as connection:
            for number in range(count):
                log.record(connection, "kind", account_name="Zoë", detail={"number": number, "ratio": 0.1})
        if count == SIGNED_AT:
            assert Checkpoints(database, log, SIGNER, lambda: NOW + timedelta(hours=1)).make_due()
    lines = list(Audit(database, log, SIGNER, lambda: NOW, lambda: 0.0).exported())
    database.close()
    return lines


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("file") / "audit.ndjson"


def verified(path: Path, lines: Lines, *given: Any) -> FileVerification:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return verify_file(path, *given)


def at(sequence: int) -> int:
    """Return the index of an entry's line."""
    return sequence + (1 if sequence > SIGNED_AT else 0)


def test_an_untouched_export_verifies_with_and_without_keys(path: Path, exported: Lines) -> None:
    expected = FileVerification("f" * 32, SIGNER.public_key, LENGTH, 2, LENGTH)
    assert verified(path, exported) == expected
    assert verified(path, exported, SIGNER.public_key) == expected
    assert verified(path, exported, SIGNER.public_key, KEY) == expected


@settings(max_examples=60, deadline=None)
@given(
    sequence=st.integers(1, LENGTH),
    name=st.sampled_from(
        [
            *("time", "kind", "account", "account_id", "viewing_session", "picture", "detail"),
            *("previous_hash", "hash", "more"),
        ]
    ),
    with_key=st.booleans(),
)
def test_a_changed_entry_is_found(
    path: Path, exported: Lines, sequence: int, name: str, with_key: bool
) -> None:
    other = {"time": "2026-11-23T09:40:32.905001Z", "detail": {"number": 99}}.get(name, "other")
    lines = [dict(line) for line in exported]
    lines[at(sequence)][name] = other
    found = verified(path, lines, *((SIGNER.public_key, KEY) if with_key else ()))
    assert not found.intact
    assert found.first_bad is not None
    # By itself the file shows between which signatures the change lies; under the key, which entry it is.
    if with_key or name == "more":
        assert found.first_bad == sequence
    elif name in ("previous_hash", "hash"):
        assert found.first_bad in (sequence, sequence + 1, 1, SIGNED_AT + 1)
    else:
        assert found.first_bad == (1 if sequence <= SIGNED_AT else SIGNED_AT + 1)


@settings(max_examples=60, deadline=None)
@given(index=st.integers(1, LENGTH + 2), deed=st.sampled_from(["remove", "double", "swap", "junk"]))
def test_removed_inserted_and_reordered_lines_are_found(
    path: Path, exported: Lines, index: int, deed: str
) -> None:
    lines = [*exported]
    if deed == "remove":
        del lines[index]
    elif deed == "double":
        lines.insert(index, lines[index])
    elif deed == "swap":
        other = index % (LENGTH + 2) + 1
        lines[index], lines[other] = lines[other], lines[index]
    else:
        lines.insert(index, {"sequence": "1"})
    found = verified(path, lines)
    # A checkpoint that is missing in the middle, or there twice, changes nothing that is claimed.
    is_checkpoint = "checkpoint" in exported[index]
    if is_checkpoint and (deed == "double" or (deed == "remove" and index != LENGTH + 2)):
        assert found.intact
        assert found.signed_to == LENGTH
    else:
        assert not found.intact


@pytest.mark.parametrize("kept", range(1, LENGTH + 2))
def test_a_cut_file_is_found(path: Path, exported: Lines, kept: int) -> None:
    found = verified(path, exported[:kept])
    # A file that ends with a true checkpoint is a true account of that moment.
    whole = "checkpoint" in exported[kept - 1] or kept == 1
    assert found.intact == whole


def test_a_file_written_anew_under_another_key_is_told_by_the_true_key(path: Path, exported: Lines) -> None:
    other = Signer(bytes(32), "f" * 32)
    lines = [line for line in exported if "checkpoint" not in line]
    lines[0] = {**lines[0], "public_key": other.public_key}
    rebuilt = verified(path, lines)
    assert not rebuilt.intact
    header = {**exported[0], "public_key": other.public_key}
    assert not verified(path, [header, *exported[1:]]).intact
    assert not verified(path, exported, other.public_key).intact
    assert verified(path, exported, SIGNER.public_key).intact


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\xfe\n",
        b"[" * 100_000,
        b'{"export": "vaultsecure audit export 2"}\n',
        b'{"export": "vaultsecure audit export 1", "public_key": "ab", "installation": "x"}\n',
    ],
)
def test_what_is_no_export_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(NotAnExport):
        verify_file(path)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b"x" * (2 << 20),
        b"\xff\xff",
        b'{"sequence": 1e999}',
        b'{"checkpoint": 1, "time": 5, "hash": [], "content": {}, "signature": null}',
        b'{"checkpoint": 1, "time": "0001-01-01T00:00+10:00", "hash": "", "content": "", "signature": ""}',
        (
            b'{"sequence": 1, "sequence": 1, "time": "", "kind": "", "account": "", "account_id": "", '
            b'"viewing_session": "", "picture": "", "detail": {}, "previous_hash": "", "hash": ""}'
        ),
    ],
)
def test_a_hostile_line_is_named(path: Path, exported: Lines, line: bytes) -> None:
    path.write_bytes(json.dumps(exported[0]).encode() + b"\n" + line + b"\n")
    assert not verify_file(path).intact


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotAnExport, match="No such file"):
        verify_file(tmp_path / "none")
