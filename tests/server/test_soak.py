"""One minute under load: no restart, no failure, and no growth after the warm-up."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.server import ROOT
from tests.support.soak import Sample, Soaked, filled_server, soak
from tests.support.viewers import LIST, SOCKET, THUMBNAIL, TILE, VIEW, Figures

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))


def test_a_minute_of_viewers_leaves_nothing_behind(tmp_path: Path) -> None:
    with filled_server(tmp_path) as server:
        soaked = soak(server, viewers=6, seconds=SECONDS, pause=0.5)
        assert server.process.poll() is None
        assert server.signed_in("admin").get("/activity/summary").json()["restarts"] == 0
    target = ROOT / "build" / "soak-test.csv"
    target.parent.mkdir(exist_ok=True)
    target.write_text(soaked.csv())
    print(soaked.table())  # noqa: T201  the curves are what the test is for
    print(soaked.figures.table())  # noqa: T201  and these
    assert soaked.restarts == 0
    assert not soaked.figures.failures
    for kind in (LIST, THUMBNAIL, VIEW, TILE, SOCKET):
        assert soaked.figures.durations[kind], kind
    assert soaked.growth() == []


def curve(**step: int) -> Soaked:
    """Return curves that are level, but for those that a step is given for."""
    level = Sample(0.0, 100 << 20, 40, 20, 60 << 20, 14, 5, 0)
    samples = [
        replace(level, **{name: getattr(level, name) + number * each for name, each in step.items()})
        for number in range(30)
    ]
    return Soaked(samples, Figures())


@pytest.mark.parametrize(
    ("step", "word"),
    [
        ({"server_memory": 8 << 20}, "server: memory"),
        ({"server_descriptors": 5}, "server: descriptors"),
        ({"server_threads": 2}, "server: threads"),
        ({"worker_descriptors": 2}, "worker: descriptors"),
    ],
)
def test_growth_is_seen(step: dict[str, int], word: str) -> None:
    assert [grown.rpartition(" grew")[0] for grown in curve(**step).growth()] == [word]


def test_what_stays_is_no_growth() -> None:
    soaked = curve()
    assert soaked.growth() == []
    assert len(soaked.csv().splitlines()) == 31
    assert "####" in soaked.table()
