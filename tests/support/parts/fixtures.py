"""Real parts for tests to ask for by name: a pytest plug-in, which also says in the end what was lacking.

Each is started when a test first asks for it, once for each process of the test run, and is up at the start
of every test: one may break it off and leave it so.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import NoReturn, TypeVar

import pytest

from tests.support.parts.clamd import Clamd
from tests.support.parts.openid import OpenId
from tests.support.parts.part import Missing, Part, find
from tests.support.parts.postgresql import PostgreSQL
from tests.support.parts.redis import Redis
from tests.support.parts.s3 import S3

LACKING = "this machine lacks a part: "
# Set where everything must be there, as `make test` does for root: then a missing part fails its tests.
REQUIRED = "REQUIRE_PARTS"

P = TypeVar("P", bound=Part)


class Parts:
    """The parts of one process of the test run."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._made: dict[type[Part], Part] = {}
        self._failed: dict[type[Part], Exception] = {}

    def get(self, kind: type[P]) -> P:
        """Return a part that is up; skip or fail the test if this machine lacks it."""
        try:
            return self._up(kind)
        except Missing as missing:
            lack(missing)

    def _up(self, kind: type[P]) -> P:
        if kind in self._failed:
            raise self._failed[kind]
        if kind not in self._made:
            try:
                self._made[kind] = self._stack.enter_context(kind())
            except Exception as failure:
                self._failed[kind] = failure
                raise
        part = self._made[kind]
        assert isinstance(part, kind)
        part.start()
        part.resume()
        return part


def lack(missing: Missing) -> NoReturn:
    """Skip the test for a missing part, or fail it where parts are required."""
    if os.environ.get(REQUIRED, "") not in ("", "0"):
        pytest.fail(
            f"{missing}, and {REQUIRED} is set: packaging/linux/setup.sh dev installs it", pytrace=False
        )
    pytest.skip(f"{LACKING}{missing}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """See that the programs are there which a test's mark `programs` names."""
    for mark in item.iter_markers("programs"):
        for program in mark.args:
            try:
                find(program, program)
            except Missing as missing:
                lack(missing)


@pytest.fixture(scope="session")
def parts() -> Iterator[Parts]:
    """Return where parts come from; use it for those that only some cases of a test take."""
    with ExitStack() as stack:
        yield Parts(stack)


@pytest.fixture
def postgresql(parts: Parts) -> PostgreSQL:
    """Return a PostgreSQL that is up."""
    return parts.get(PostgreSQL)


@pytest.fixture
def database_url(postgresql: PostgreSQL) -> Iterator[str]:
    """Return the address of an empty PostgreSQL database for one test."""
    url = postgresql.new_database()
    yield url
    postgresql.start()
    postgresql.drop(url)


@pytest.fixture
def redis(parts: Parts) -> Redis:
    """Return a Redis that is up and empty."""
    part = parts.get(Redis)
    part.empty()
    return part


@pytest.fixture
def s3(parts: Parts) -> S3:
    """Return an object store that is up."""
    return parts.get(S3)


@pytest.fixture
def bucket(s3: S3) -> Mapping[str, str]:
    """Return the settings that lead to an empty bucket for one test."""
    return s3.settings_for(s3.new_bucket())


@pytest.fixture
def clamd(parts: Parts) -> Clamd:
    """Return a virus scanner that is up."""
    return parts.get(Clamd)


@pytest.fixture
def openid(parts: Parts) -> OpenId:
    """Return an organisation's sign-in that is up, with the people it begins with."""
    part = parts.get(OpenId)
    part.know_everybody()
    return part


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each missing part, loudly, with the number of tests that did not run for it."""
    # A skipped report's longrepr is (file, line, reason).
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    skipped = Counter(reason.partition(LACKING)[2] for reason in reasons if LACKING in reason)
    if not skipped:
        return
    terminalreporter.section("NOT TESTED: parts that this machine lacks", sep="!", red=True, bold=True)
    for missing, count in sorted(skipped.items()):
        terminalreporter.line(f"{count} tests skipped: {missing}", red=True)
    terminalreporter.line(f"packaging/linux/setup.sh dev installs them; {REQUIRED}=1 makes that fail.")
