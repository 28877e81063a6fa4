"""A file is taken when nobody writes to it any more."""

from hypothesis import given
from hypothesis import strategies as st

from local_server.importer.settle import QUIET_SECONDS, Settling, State


class _World:
    """A clock and files that change when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.files: dict[bytes, State] = {}

    def settling(self) -> Settling:
        return Settling(lambda: self.now, self.files.get)


def test_a_closed_file_is_taken_at_once() -> None:
    world = _World()
    world.files[b"a"] = (10, 1)
    settling = world.settling()
    settling.touched(b"a")
    settling.closed(b"a")
    assert settling.waits(b"a")
    assert settling.settled() == [b"a"]
    assert settling.settled() == []
    assert not settling.waits(b"a")


def test_a_file_that_was_closed_but_grows_again_waits() -> None:
    world = _World()
    world.files[b"a"] = (10, 1)
    settling = world.settling()
    settling.closed(b"a")
    world.files[b"a"] = (20, 2)
    assert settling.settled() == []
    world.now += QUIET_SECONDS
    assert settling.settled() == [b"a"]


def test_a_file_that_is_deleted_while_we_wait_is_let_go() -> None:
    world = _World()
    world.files[b"a"] = (10, 1)
    settling = world.settling()
    settling.touched(b"a")
    del world.files[b"a"]
    settling.settled()
    world.now += QUIET_SECONDS
    assert settling.settled() == [b"a"]
    assert len(settling) == 0


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.booleans()), max_size=30))
def test_a_file_is_never_taken_within_a_second_of_a_change(steps: list[tuple[float, bool]]) -> None:
    world = _World()
    world.files[b"a"] = (0, 0)
    settling = world.settling()
    settling.touched(b"a")
    seen = world.now
    for number, (seconds, writes) in enumerate(steps, 1):
        world.now += seconds
        if writes:
            world.files[b"a"] = (number, number)
        taken = settling.settled()
        if writes:
            assert not taken
            seen = world.now
        if taken:
            assert world.now - seen >= QUIET_SECONDS
            return
