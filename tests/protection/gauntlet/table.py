"""The gauntlet's table in Markdown, and what it says in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tests.protection.gauntlet.attempts import Outcome

HEAD = (
    *("level", "beside", "tool", "attempts", "files written", "with protected pixels", "frames leaked"),
    *("shield, ms: median", "worst", "recorded", "named", "came back"),
)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a row for each tool, level and manager, in the order of the outcomes."""
    groups: dict[tuple[str, str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.level, outcome.manager, outcome.tool), []).append(outcome)
    rows = [HEAD, ("---",) * len(HEAD)]
    rows += [(*key, *_figures(group)) for key, group in groups.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def summary(outcomes: Sequence[Outcome], level: str) -> str:
    """Return a level's result in one line."""
    of = [outcome for outcome in outcomes if outcome.level == level]
    leaking = [outcome for outcome in of if outcome.leaked]
    most = max((one.leaked for one in of), default=0)
    return (
        f"{level}: {len(of)} attempts, {sum(one.recorded for one in of)} recorded, "
        f"{sum(one.named for one in of)} named; {len(leaking)} got protected pixels, at most {most} frames; "
        f"the picture came back {sum(one.back for one in of)} times."
    )


def _figures(group: Sequence[Outcome]) -> tuple[str, ...]:
    times = [one.shield_ms for one in group if one.shield_ms is not None]
    count = len(group)
    return (
        str(count),
        str(sum(one.wrote for one in group)),
        str(sum(one.leaked > 0 for one in group)),
        f"{sum(one.leaked for one in group)} of {sum(one.frames for one in group)}",
        f"{median(times):.1f}" if times else "–",
        f"{max(times):.1f}" if times else "–",
        f"{sum(one.recorded for one in group)}/{count}",
        f"{sum(one.named for one in group)}/{count}",
        f"{sum(one.back for one in group)}/{count}",
    )
