"""Every tool against every target, again and again: targets stand side by side, one is attacked at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

from tests.protection.gauntlet.attempts import Outcome, attempt
from tests.protection.gauntlet.target import Target
from tests.protection.gauntlet.tools import Tool

Share = tuple[Target, Mapping[str, Tool]]


def run_rounds(
    shares: Sequence[Share], rounds: int, tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Run each target's share of tools so many times, tool after tool; `tell` hears of each outcome.

    A round is long, so that a tool which comes back finds the same guard as the first time: one that came
    back at once would be held off for longer.
    """
    turn, stopped = Lock(), Event()

    def work(share: Share) -> list[Outcome]:
        target, tools = share
        outcomes: list[Outcome] = []
        for _ in range(rounds):
            for name, tool in tools.items():
                if stopped.is_set():
                    return outcomes
                outcomes.append(attempt(name, tool, target, turn))
                tell(outcomes[-1])
        return outcomes

    with ThreadPoolExecutor(len(shares)) as pool:
        try:
            return [outcome for outcomes in pool.map(work, shares) for outcome in outcomes]
        finally:
            stopped.set()
