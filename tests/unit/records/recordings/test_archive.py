"""An archive gives back what was put into it, small."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from local_server.records.recordings.archive import interactions_in, packed
from local_server.records.recordings.models import Interaction, Recording, Screenshot

STARTED = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
RECORDING = Recording(
    "1" * 32, "2" * 32, "3" * 32, "Ännchen", STARTED, STARTED, "ended", {"app": "1.0"}, 3, 3, 1, None, None
)
TEXTS = st.text(max_size=20)
NUMBERS = st.floats(-1e6, 1e6)
INTERACTIONS = st.builds(
    Interaction,
    sequence=st.integers(1, 2**53),
    time=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    kind=st.sampled_from(["opened", "zoomed"]),
    picture_id=st.none() | st.just("4" * 32),
    region=st.none() | st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    modifiers=st.none() | st.lists(st.sampled_from(["shift", "ctrl"]), max_size=2).map(tuple),
    offset_ms=st.none() | NUMBERS,
    visible=st.none() | st.booleans(),
    context=st.none() | st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=3),
)


@given(st.lists(INTERACTIONS, max_size=8, unique_by=lambda item: item.sequence), st.integers(0, 2**53))
def test_it_gives_back_what_was_put_in(stored: list[Interaction], after: int) -> None:
    ordered = sorted(stored, key=lambda item: item.sequence)
    shot = Screenshot("5" * 36, STARTED, "hotkey", sequence=7)
    archive = packed(RECORDING, ordered, [shot])
    assert list(interactions_in(archive)) == ordered
    assert list(interactions_in(archive, after=after)) == [each for each in ordered if each.sequence > after]
    assert archive == packed(RECORDING, ordered, [shot])


def test_it_is_small() -> None:
    many = [
        Interaction(n, STARTED + timedelta(seconds=n), "zoomed", picture_id="4" * 32, offset_ms=n * 1000.0)
        for n in range(1, 10_001)
    ]
    assert len(packed(RECORDING, many, [])) < 20 * len(many)
