"""Progress counts what ends, at the rate of the last seconds."""

from datetime import UTC, datetime

from local_server.importer.progress import Counts, Run


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _run() -> tuple[Run, _Clock]:
    clock = _Clock()
    return Run(lambda: datetime(2026, 11, 23, tzinfo=UTC), clock), clock


def _state(run: Run) -> tuple[bool, int, int]:
    return run.progress.active, run.progress.done, run.progress.total


def _seconds_left(run: Run) -> float | None:
    return run.progress.seconds_left


def test_a_run_begins_with_what_waits_and_ends_with_nothing() -> None:
    run, clock = _run()
    assert not run.follow(Counts(pending=0, waiting=0, ready=500, refused=3))
    assert run.follow(Counts(pending=80, waiting=20, ready=500, refused=3))
    assert _state(run) == (True, 0, 100)
    assert _seconds_left(run) is None
    clock.seconds = 5
    run.follow(Counts(pending=0, waiting=50, ready=545, refused=8))
    assert (run.progress.done, run.progress.total, run.progress.refused) == (50, 100, 5)
    assert run.progress.rate == 10.0
    assert _seconds_left(run) == 5.0
    clock.seconds = 10
    run.follow(Counts(pending=0, waiting=0, ready=595, refused=8))
    assert _state(run) == (False, 100, 100)
    assert not run.follow(Counts(pending=0, waiting=0, ready=595, refused=8))


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    run, clock = _run()
    run.follow(Counts(pending=0, waiting=1000, ready=0, refused=0))
    for second in range(1, 40):
        clock.seconds = second
        done = second if second < 20 else 20 + (second - 20) * 10
        run.follow(Counts(pending=0, waiting=1000 - done, ready=done, refused=0))
    assert run.progress.rate == 10.0


def test_a_second_run_counts_from_its_own_beginning() -> None:
    run, _ = _run()
    run.follow(Counts(pending=0, waiting=2, ready=0, refused=0))
    run.follow(Counts(pending=0, waiting=0, ready=2, refused=0))
    run.follow(Counts(pending=0, waiting=1, ready=2, refused=0))
    assert _state(run) == (True, 0, 1)
