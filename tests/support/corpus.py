"""The corpus of pictures and of files made to break decoders, as its manifest describes it."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("IMAGE_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus")
UNSUPPORTED = frozenset({"jxl"})


@dataclass(frozen=True)
class Sample:
    """One row: `expect` is accept, reject or either."""

    path: Path
    expect: str
    size: tuple[int, int] | None
    sha256: str
    reason: str


def samples() -> list[Sample]:
    """Return every row; skip the test, saying so, where there is no corpus."""
    manifest = FOLDER / "manifest.csv"
    if not manifest.is_file():
        pytest.skip(f"NOT TESTED: no corpus at {FOLDER}; name one in IMAGE_CORPUS")
    with manifest.open(encoding="utf-8", newline="") as file:
        return [_sample(row) for row in csv.DictReader(file)]


def _sample(row: dict[str, str]) -> Sample:
    expect = "reject" if row["content"] in UNSUPPORTED and row["expect"] == "accept" else row["expect"]
    size = (int(row["width"]), int(row["height"])) if expect == "accept" else None
    return Sample(FOLDER / row["path"], expect, size, row["sha256"], row["reason"])
