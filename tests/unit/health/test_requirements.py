"""The doctor's list of libraries is the one that is installed from."""

import re
import tomllib
from pathlib import Path

from local_server.health.requirements import MODULES, REQUIREMENTS, faults

ROOT = Path(__file__).resolve().parents[3]
OF_THE_DESKTOP_ALONE = {"httpx", "jeepney", "pyside6-essentials", "segno", "xcffib"}


def test_the_list_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    written = {}
    for requirement in project["dependencies"]:
        match = re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", requirement)
        assert match, requirement
        written[match[1]] = match[2]
    assert {name: oldest for name, oldest in written.items() if name not in OF_THE_DESKTOP_ALONE} == dict(
        REQUIREMENTS
    )
    assert len(MODULES) == len(REQUIREMENTS)


def test_nothing_is_missing_where_the_tests_run() -> None:
    assert faults() == []
