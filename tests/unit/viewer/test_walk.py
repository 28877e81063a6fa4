"""Going through a list: ends stop, what comes next is guessed from the direction."""

from dataclasses import replace

from desktop.viewer.walk import Walk
from tests.support.shelf import make_picture


def walk(count: int, place: int) -> Walk:
    made = Walk()
    made.pictures = [make_picture(number) for number in range(count)]
    made.go(place)
    return made


def numbers(made: Walk) -> list[int]:
    return [int(picture.id[1:]) for picture in made.likely_next()]


def test_steps_stop_at_the_ends() -> None:
    made = walk(3, 2)
    assert not made.step(1)
    assert made.step(-1)
    assert made.place == 1


def test_what_comes_next_lies_in_the_direction_of_travel() -> None:
    made = walk(10, 5)
    assert numbers(made) == [6, 7, 4]
    made.step(-1)
    assert numbers(made) == [3, 2, 5]


def test_guesses_stay_in_the_list() -> None:
    assert numbers(walk(3, 2)) == [1]
    assert numbers(walk(1, 0)) == []


def test_what_costs_a_view_is_not_fetched_on_a_guess() -> None:
    made = walk(10, 5)
    made.pictures = [replace(one, costs_view=one.id == "p000006") for one in made.pictures]
    assert numbers(made) == [7, 4]


def test_going_past_an_end_begins_again() -> None:
    made = walk(4, 3)
    made.go(made.place + 1)
    assert made.place == 0
    made.go(-1)
    assert made.place == 3


def test_the_last_picture_is_compared_with_the_one_before() -> None:
    first, last, only = walk(3, 0).companion(), walk(3, 2).companion(), walk(1, 0).companion()
    assert first is not None
    assert last is not None
    assert (first.id, last.id, only) == ("p000001", "p000001", None)
