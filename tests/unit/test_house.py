"""The house's own rules: who imports whom, how long a file may be, what the repository must never hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / name for name in ("desktop", "docs", "local_server", "packaging", "resources", "tests")]
LOCKS = ROOT / "packaging" / "locks"
SAMPLES = ROOT / "resources" / "samples"
# A file of over 300 lines has two subjects; the last twenty spare a split for one docstring.
LONGEST = 320


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def pins(lock: str) -> set[str]:
    """Read the `name==version ; marker` lines of a lock file."""
    lines = (LOCKS / f"{lock}.txt").read_text().splitlines()
    return {line.removesuffix("\\").strip() for line in lines if re.match(r"[a-z0-9]", line)}


def test_rooms_import_only_what_they_may() -> None:
    outcome = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "0 broken" in outcome.stdout


@pytest.mark.parametrize("room", ["client", "guard"])
def test_room_knows_no_widget(room: str) -> None:
    for source in sources(f"desktop/{room}"):
        for node in ast.walk(ast.parse(source.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            assert not any(name.startswith("PySide6.QtWidgets") for name in names), source


def test_no_file_has_two_subjects() -> None:
    # Migrations are the record of a table, not prose.
    long = {
        str(source.relative_to(ROOT)): lines
        for source in sources("desktop", "local_server")
        if "versions" not in source.parts and (lines := len(source.read_text().splitlines())) > LONGEST
    }
    assert not long, f"split these: {long}"


def test_no_text_holds_a_merge_that_was_left_open() -> None:
    kinds = ("*.md", "*.py", "*.toml", "*.json", "*.sh", "*.txt", "*.yaml", "*.conf")
    texts = [path for kind in kinds for folder in (ROOT, *FOLDERS) for path in folder.glob(kind)]
    texts += [path for kind in kinds for folder in FOLDERS for path in folder.rglob(f"*/{kind}")]
    marks = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)
    assert not [path for path in texts if marks.search(path.read_text())]


def test_packaging_folder_does_not_shadow_the_library() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


@pytest.mark.parametrize("lock", ["build", "runtime", "dev"])
def test_lock_holds_hashes_and_no_address(lock: str) -> None:
    text = (LOCKS / f"{lock}.txt").read_text()
    assert "://" not in text
    assert " @ " not in text
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_locks_agree_on_every_version() -> None:
    shared = {pin.split("==")[0] for pin in pins("build")} & {pin.split("==")[0] for pin in pins("dev")}
    assert pins("runtime") <= pins("dev")
    assert {pin for pin in pins("build") if pin.split("==")[0] in shared} <= pins("dev")


def test_locks_name_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        "runtime": project["project"]["dependencies"],
        "dev": project["project"]["optional-dependencies"]["dev"],
        "build": project["dependency-groups"]["build"],
    }
    for lock, requirements in wanted.items():
        locked = {pin.split("==")[0] for pin in pins(lock)}
        missing = {name for line in requirements if (name := re.split(r"[^a-z0-9-]", line)[0]) not in locked}
        assert not missing, f"run make lock: {lock}.txt lacks {missing}"


def test_every_sample_picture_is_credited() -> None:
    rows = re.findall(
        r"^\| (.+\.jpg) \| .+ \| .+ \| (\S+) \| \S+ \| .+ \|$",
        (SAMPLES / "CREDITS.md").read_text(),
        re.MULTILINE,
    )
    pictures = sorted(SAMPLES.glob("*.jpg"))
    assert sorted(name for name, _ in rows) == sorted(picture.name for picture in pictures)
    assert all(re.fullmatch(r"CC0-1\.0|CC-BY(-SA)?-\d\.0", licence) for _, licence in rows)
    assert len(pictures) >= 24
    assert sum(picture.stat().st_size for picture in pictures) < 12_000_000
